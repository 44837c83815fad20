"""Names of resources that are public, and the quantities that a node may have of them."""

import re
from functools import lru_cache
from typing import Final

from report.vocabulary.recognition import MAX_CHARACTERS, REMEMBERED
from report.vocabulary.vocabularies import Vocabulary, is_public

_is_public: Final = lru_cache(REMEMBERED)(is_public)

# Kubernetes allows any number of digits. Fifteen characters hold a petabyte in bytes, and no
# identifier: https://pkg.go.dev/k8s.io/apimachinery/pkg/api/resource#Quantity
_MAX_QUANTITY_CHARACTERS: Final = 15
_QUANTITY: Final = re.compile(
    r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)"  # signedNumber
    r"(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?"  # binarySI, decimalSI, decimalExponent
)


def is_known_resource(name: str) -> bool:
    """Whether `name` is public: a word of Kubernetes or of a vendor's documentation."""
    return len(name) <= MAX_CHARACTERS and _is_public(Vocabulary.RESOURCES, name)


def is_quantity(text: str) -> bool:
    """Whether `text` is a Kubernetes quantity (`16384Ki`) that is too short to identify."""
    return len(text) <= _MAX_QUANTITY_CHARACTERS and _QUANTITY.fullmatch(text) is not None
