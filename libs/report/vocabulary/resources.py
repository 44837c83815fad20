"""Names of resources that are public."""

from functools import lru_cache
from typing import Final

from report.vocabulary.recognition import MAX_CHARACTERS, REMEMBERED
from report.vocabulary.vocabularies import Vocabulary, is_public

_is_public: Final = lru_cache(REMEMBERED)(is_public)


def is_known_resource(name: str) -> bool:
    """Whether `name` is public: a word of Kubernetes or of a vendor's documentation."""
    return len(name) <= MAX_CHARACTERS and _is_public(Vocabulary.RESOURCES, name)
