"""The quantities that a node may have of a resource, bounded by what the resource is.

A quantity is a number of up to 15 digits to Kubernetes, which is room for an identifier. A node has
at most thousands of processors, pods and devices, and of memory two digits say enough. Grammar:
https://pkg.go.dev/k8s.io/apimachinery/pkg/api/resource#Quantity
"""

import re
from functools import lru_cache
from typing import Final

from report.vocabulary.recognition import REMEMBERED

_MAX_QUANTITY_CHARACTERS: Final = 15
_QUANTITY: Final = re.compile(
    r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)"  # signedNumber
    r"(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?"  # binarySI, decimalSI, decimalExponent
)

# As the API server writes a quantity: no sign, no 0 in front, no fraction, the largest unit that
# leaves a whole number: 1000 pods are `1k`, `1e3` where somebody wrote an exponent.
_COUNT: Final = "(?:0|[1-9][0-9]{0,4}[kMG]?|[1-9][0-9]?e[0-9])"
_CORES: Final = "(?:0|[1-9][0-9]{0,3}k?|[1-9][0-9]{0,6}m|[1-9][0-9]?e[0-9])"  # m: thousandths
# A size, rounded before it is asked for: `15Gi`, `1.5Ti`, `1024Mi`; a whole number of huge pages.
_SIZE: Final = r"(?:0|(?:[1-9][0-9]{0,3}|[1-9]\.[0-9])(?:[KMGTPE]i|[kMGTPE])?)"
_SIZES: Final = frozenset({"memory", "storage", "ephemeral-storage"})
_SIZES_PREFIX: Final = "hugepages-"

_COUNTS: Final = re.compile(_COUNT)
_CORE_COUNTS: Final = re.compile(_CORES)
_ROUND_SIZES: Final = re.compile(_SIZE)


def is_quantity(text: str) -> bool:
    """Whether `text` is a Kubernetes quantity (`16384Ki`) of at most 15 characters."""
    return len(text) <= _MAX_QUANTITY_CHARACTERS and _QUANTITY.fullmatch(text) is not None


@lru_cache(REMEMBERED)
def is_public_quantity(resource: str, text: str) -> bool:
    """Whether `text` is a quantity that a node can have of `resource`, in so few digits that it
    identifies nothing: `110` pods, `3920m` of cpu, `15Gi` of memory (which has to be rounded).
    """
    return public_quantities(resource).fullmatch(text) is not None


def public_quantities(resource: str) -> re.Pattern[str]:
    """Return the expression of all public quantities of `resource`, whatever its name."""
    if resource == "cpu":
        return _CORE_COUNTS
    if resource in _SIZES or resource.startswith(_SIZES_PREFIX):
        return _ROUND_SIZES
    return _COUNTS
