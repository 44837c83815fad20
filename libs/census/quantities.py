"""Kubernetes quantities as exact numbers, and the steps that sizes are counted in.

    <quantity>        ::= <signedNumber><suffix>
    <binarySI>        ::= Ki | Mi | Gi | Ti | Pi | Ei
    <decimalSI>       ::= n | u | m | "" | k | M | G | T | P | E
    <decimalExponent> ::= "e" <signedNumber> | "E" <signedNumber>

https://pkg.go.dev/k8s.io/apimachinery/pkg/api/resource#Quantity
"""

import re
from fractions import Fraction
from typing import Final

from report.vocabulary import is_quantity

_PARTS: Final = re.compile(r"([+-]?[0-9.]+)(?:([eE])([+-]?[0-9]+)|([A-Za-z]*))")
_THOUSANDS: Final = {"n": -3, "u": -2, "m": -1, "": 0, "k": 1, "K": 1}
_THOUSANDS_UP: Final = {unit: power for power, unit in enumerate("MGTPE", 2)}
_POWERS: Final = _THOUSANDS | _THOUSANDS_UP
# No size that a cluster has needs more; a larger power would cost time and memory.
_LARGEST_EXPONENT: Final = 30


def parse(text: str) -> Fraction | None:
    """Return the number that a quantity is, None where `text` is not one, or is absurd."""
    found = _PARTS.fullmatch(text) if is_quantity(text) else None
    if found is None:
        return None
    number, exponential, exponent, unit = found.groups()
    if exponential:
        power = int(exponent)
        if abs(power) > _LARGEST_EXPONENT:
            return None
        return Fraction(number) * Fraction(10) ** power
    if unit.endswith("i"):
        return Fraction(number) * Fraction(1024) ** _POWERS[unit[:-1]]
    return Fraction(number) * Fraction(1000) ** _POWERS[unit]


def step(number: Fraction | int, largest: int) -> str:
    """Return the step of powers of two that `number` falls into: `0`, `1`, `2-3`, `4-7`, …

    `largest` is a power of two, where the last step begins. Less than 1 is `0`.
    """
    whole = int(number)
    if whole >= largest:
        return f"{largest} or more"
    if whole <= 0:
        return "0"
    first = 1 << (whole.bit_length() - 1)
    return str(first) if first == 1 else f"{first}-{2 * first - 1}"


def steps(largest: int) -> tuple[str, ...]:
    """Return all steps up to `largest`, in order."""
    return ("0", *(step(1 << power, largest) for power in range(largest.bit_length())))
