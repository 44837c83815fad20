"""Sizes of memory and disks, rounded: exact ones are a fingerprint of a cluster.

What is sent are two significant digits of a binary unit, about as finely as machines are sold:
`15437428Ki` is sent as `15Gi`.
"""

import re
from typing import Final

SIZES: Final = frozenset({"memory", "storage", "ephemeral-storage"})
"""Names of the resources that are rounded."""

# <quantity> of https://pkg.go.dev/k8s.io/apimachinery/pkg/api/resource#Quantity
_QUANTITY: Final = re.compile(
    r"[+]?(?P<whole>[0-9]*)\.?(?P<part>[0-9]*)"
    r"(?:(?P<suffix>[KMGTPE]i|[numkMGTPE])|[eE](?P<exponent>[+-]?[0-9]+))?"
)
_WHOLE: Final = re.compile(r"([0-9]{1,15})((?:[KMGTPE]i)?)")
"""What a kubelet writes: there are two of these a node."""

_UNITS: Final = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_BINARY: Final = {unit: 1024**power for power, unit in enumerate(_UNITS)}
_DECIMAL: Final = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_MOST_CHARACTERS: Final = 32
_LARGEST: Final = 2**63 - 1
"""Kubernetes takes every larger size for this one."""
_THOUSAND_UNITS: Final = 10_000  # counted in tenths
_LARGEST_EXPONENT: Final = 40
"""Beyond this, either way, as many digits as there may be are too much or nothing."""


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
    if found is None or len(quantity) > _MOST_CHARACTERS or not (found["whole"] or found["part"]):
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
