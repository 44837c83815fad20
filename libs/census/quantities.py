"""The quantities that sizes are read from, and the steps that they are counted in.

    <size>   ::= <digits>[.<digits>]<suffix>
    <suffix> ::= "" | n | u | m | k | K | M | G | T | P | E | Ki | Mi | Gi | Ti | Pi | Ei
               | e<digit> | E<digit>

This is the part of Kubernetes' grammar that a node's capacity is written in: no sign, at most 12
digits before the point and 3 after it. What is beyond is not a size, and in integers every database
adds up the same (docs/decisions/0032-where-counts-are-made.md).
https://pkg.go.dev/k8s.io/apimachinery/pkg/api/resource#Quantity
"""

import re
from collections.abc import Mapping
from typing import Final

THOUSAND: Final = 1000
SIZE: Final = r"([0-9]{1,12})(?:\.([0-9]{1,3}))?([A-Za-z][i0-9]?)?"
"""The expression of a size: whole digits, digits after the point, and the suffix."""

_SIZE: Final = re.compile(SIZE)
_SMALL: Final = {"n": 1000**3, "u": 1000**2, "m": 1000}
_LARGE: Final = "KMGTPE"
SCALES: Final[Mapping[str, tuple[int, int]]] = {
    **{unit: (1, divisor) for unit, divisor in _SMALL.items()},
    "": (1, 1),
    "k": (1000, 1),
    **{unit: (1000**power, 1) for power, unit in enumerate(_LARGE, 1)},
    **{f"{unit}i": (1024**power, 1) for power, unit in enumerate(_LARGE, 1)},
    **{f"{e}{power}": (10**power, 1) for e in "eE" for power in range(10)},
}
"""What each suffix multiplies by, and what it divides by."""


def thousandths(text: str) -> int | None:
    """Return a size in thousandths, rounded down; None where `text` is not a size."""
    found = _SIZE.fullmatch(text)
    if found is None or (found[3] or "") not in SCALES:
        return None
    multiplier, divisor = SCALES[found[3] or ""]
    digits = int(found[1]) * THOUSAND + int((found[2] or "").ljust(3, "0"))
    return digits * multiplier // divisor


def step(number: int, largest: int) -> str:
    """Return the step of powers of two that `number` falls into: `0`, `1`, `2-3`, `4-7`, …

    `largest` is a power of two, where the last step begins.
    """
    if number >= largest:
        return f"{largest} or more"
    if number <= 0:
        return "0"
    first = 1 << (number.bit_length() - 1)
    return str(first) if first == 1 else f"{first}-{2 * first - 1}"


def steps(largest: int) -> tuple[str, ...]:
    """Return all steps up to `largest`, in order."""
    return ("0", *(step(1 << power, largest) for power in range(largest.bit_length())))
