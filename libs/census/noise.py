"""Discrete Gaussian noise, exact: integers only, with the random bits passed in.

Canonne, Kamath and Steinke, "The Discrete Gaussian for Differential Privacy", 2020,
https://arxiv.org/abs/2004.00010, algorithms 1 to 3. Floating point would leak: its rounding
tells apart sums that the noise should hide (Mironov, "On significance of the least significant
bits for differential privacy", 2012).
"""

from collections.abc import Callable
from fractions import Fraction
from math import isqrt
from typing import TypeAlias

RandomBits: TypeAlias = Callable[[int], int]
"""Returns a number of that many random bits, as `secrets.randbits` does."""


def discrete_gaussian(variance: Fraction, random_bits: RandomBits) -> int:
    """Draw an integer x with a probability proportional to exp(-x²/2·variance). Algorithm 3.

    Raises ValueError where `variance` is not positive.
    """
    if variance <= 0:
        raise ValueError("a variance is positive")
    numerator, denominator = variance.numerator, variance.denominator
    scale = isqrt(numerator // denominator) + 1
    while True:
        drawn = _discrete_laplace(scale, random_bits)
        # (|drawn| - variance/scale)² / (2·variance), multiplied out
        distance = abs(drawn) * scale * denominator - numerator
        if _happens_exp(
            distance * distance, 2 * numerator * denominator * scale * scale, random_bits
        ):
            return drawn


def _discrete_laplace(scale: int, random_bits: RandomBits) -> int:
    """Draw x with a probability proportional to exp(-|x|/scale). Algorithm 2, with s = 1."""
    while True:
        rest = _below(scale, random_bits)
        if not _happens_exp(rest, scale, random_bits):
            continue
        whole = 0
        while _happens_exp(1, 1, random_bits):
            whole += 1
        size = rest + scale * whole
        if not random_bits(1):
            return size
        if size:
            return -size


def _happens_exp(numerator: int, denominator: int, random_bits: RandomBits) -> bool:
    """Return true with probability exp(-numerator/denominator). Algorithm 1."""
    while numerator > denominator:
        if not _happens_exp(1, 1, random_bits):
            return False
        numerator -= denominator
    step = 1
    while _below(denominator * step, random_bits) < numerator:
        step += 1
    return step % 2 == 1


def _below(limit: int, random_bits: RandomBits) -> int:
    """Draw one of 0 to limit - 1, each as likely as the others."""
    width = (limit - 1).bit_length()
    while True:
        drawn = random_bits(width)
        if drawn < limit:
            return drawn
