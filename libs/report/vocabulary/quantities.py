"""The quantities that a node may have of a resource, bounded by what the resource is.

A quantity is a number of up to 15 digits to Kubernetes, which is room for an identifier. A node has
at most thousands of processors, pods and devices. Exact sizes of memory and disks are a fingerprint
of a cluster: what is sent of them are two significant digits of a binary unit, about as finely as
machines are sold (`15437428Ki` is sent as `15Gi`).
"""

import re
from functools import lru_cache
from typing import Final

from report.vocabulary.recognition import REMEMBERED

SIZES: Final = frozenset({"memory", "storage", "ephemeral-storage"})
"""Names of the resources that are rounded."""

# <quantity>        ::= <signedNumber><suffix>
# <binarySI>        ::= Ki | Mi | Gi | Ti | Pi | Ei
# <decimalSI>       ::= n | u | m | "" | k | M | G | T | P | E
# <decimalExponent> ::= "e" <signedNumber> | "E" <signedNumber>
# https://pkg.go.dev/k8s.io/apimachinery/pkg/api/resource#Quantity
_QUANTITY: Final = re.compile(
    r"(?P<sign>[+-]?)(?=\.?[0-9])(?P<whole>[0-9]*)\.?(?P<part>[0-9]*)"
    r"(?:(?P<suffix>[KMGTPE]i|[numkMGTPE])|[eE](?P<exponent>[+-]?[0-9]+))?"
)
_MAX_QUANTITY_CHARACTERS: Final = 15
_WHOLE: Final = re.compile(r"([0-9]{1,15})((?:[KMGTPE]i)?)")
"""What a kubelet writes of a size: there are two of these a node."""


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

_UNITS: Final = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_BINARY: Final = {unit: 1024**power for power, unit in enumerate(_UNITS)}
_DECIMAL: Final = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_MOST_CHARACTERS: Final = 32
_LARGEST: Final = 2**63 - 1
"""Kubernetes takes every larger size for this one."""
_THOUSAND_UNITS: Final = 10_000  # counted in tenths
_LARGEST_EXPONENT: Final = 40
"""Beyond this, either way, as many digits as there may be are too much or nothing."""


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


def rounded_size(quantity: str) -> str:
    """Return a size to two significant digits, in the largest binary unit of which it has one.

    A half is rounded up, and what is rounded to a thousand units is one of the next. Parts of a
    byte count as a byte, as in Kubernetes. Raises `ValueError` for what is not a quantity,
    or is negative.
    """
    usual = _WHOLE.fullmatch(quantity)
    size = int(usual[1]) * _BINARY[usual[2]] if usual else _bytes(quantity)
    return _two_digits(min(size, _LARGEST))


def _bytes(quantity: str) -> int:
    """Return the bytes of any quantity, rounded up."""
    found = _QUANTITY.fullmatch(quantity, 0, _MOST_CHARACTERS + 1)
    if found is None or len(quantity) > _MOST_CHARACTERS or found["sign"] == "-":
        raise ValueError("a size must be a Kubernetes quantity")
    whole, part, suffix, exponents = found.group("whole", "part", "suffix", "exponent")
    size: int = int(whole + part) * _BINARY.get(suffix or "", 1)
    exponent = _DECIMAL.get(suffix, 0) + int(exponents or 0) - len(part)
    exponent = max(-_LARGEST_EXPONENT, min(exponent, _LARGEST_EXPONENT))
    scale: int = 10 ** abs(exponent)
    return size * scale if exponent >= 0 else -(-size // scale)


def _two_digits(size: int) -> str:
    power = max(0, size.bit_length() - 1) // 10
    unit = 1024**power
    # Counted in tenths of the unit, of which a number below ten keeps the last.
    tenths = size * 10 // unit
    step = 1
    while tenths >= 100 * step:
        step *= 10
    tenths = (20 * size + unit * step) // (2 * unit * step) * step
    if tenths >= _THOUSAND_UNITS and power < len(_UNITS) - 1:
        power, tenths = power + 1, 10
    whole, tenth = divmod(tenths, 10)
    return f"{whole}.{tenth}{_UNITS[power]}" if tenth else f"{whole}{_UNITS[power]}"
