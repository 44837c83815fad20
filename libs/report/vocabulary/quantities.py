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
_PODS: Final = re.compile("(?:0|[1-9][0-9]{0,3}[kM]?|[1-9][0-9]?e[0-9])")
# `m` counts thousandths of a processor.
_CORES: Final = re.compile("(?:0|[1-9][0-9]{0,3}k?|[1-9][0-9]{0,6}m|[1-9][0-9]?e[0-9])")
# A size, rounded before it is asked for: `15Gi`, `1.5Ti`; or that of all huge pages: `1026Mi`.
_SIZE: Final = re.compile(r"(?:0|(?:[1-9][0-9]{0,4}|[1-9]\.[0-9])(?:[KMGTPE]i)?)")
# Devices, or what they have: `8`, `655360` MiB. The largest int32 is a plugin's word for no limit.
_DEVICES: Final = re.compile(
    "(?:0|[1-9][0-9]{0,5}[kMG]?|[1-9][0-9]{0,4}[KMGT]i|[1-9][0-9]?e[0-9]|2147483647)"
)
_BY_RESOURCE: Final = {
    "cpu": _CORES,
    "ephemeral-storage": _SIZE,
    "memory": _SIZE,
    "pods": _PODS,
    "storage": _SIZE,
}
_HUGE_PAGES: Final = "hugepages-"


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
    if resource.startswith(_HUGE_PAGES):
        return _SIZE
    return _BY_RESOURCE.get(resource, _DEVICES)
