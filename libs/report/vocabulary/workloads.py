"""Kinds of workloads that are public: those that a report may count."""

from functools import lru_cache
from typing import Final

from report.vocabulary.recognition import MAX_CHARACTERS, REMEMBERED
from report.vocabulary.vocabularies import Vocabulary, is_public

_is_public: Final = lru_cache(REMEMBERED)(is_public)


def is_known_workload_kind(name: str) -> bool:
    """Whether `name` is a kind that a report may count, as the Kubernetes API names it (`pods`)."""
    return len(name) <= MAX_CHARACTERS and _is_public(Vocabulary.WORKLOADS, name)
