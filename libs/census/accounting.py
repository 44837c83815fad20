"""How much noise a year's budget asks for: zero-concentrated differential privacy (zCDP).

- Noise of variance s² on a vector that one cluster moves by at most 1 (L2) is 1/(2s²)-zCDP:
  Canonne, Kamath and Steinke 2020, theorem 4. Several vectors add up: Bun and Steinke 2016,
  https://arxiv.org/abs/1605.02065, lemma 7.
- rho-zCDP is (epsilon, delta)-differentially private with, for any alpha > 1,
  delta = exp((alpha-1)(alpha·rho-epsilon)) / (alpha-1) · (1-1/alpha)^alpha:
  Canonne, Kamath and Steinke 2020, corollary 13.
"""

from fractions import Fraction
from functools import cache
from math import exp, log1p
from typing import Final

from msgspec import Struct

_ROUNDED_TO: Final = 1_000_000
_STEPS: Final = 200
# log(alpha-1) is searched between these.
_LEAST, _MOST = -10.0, 20.0


class Budget(Struct, frozen=True, kw_only=True):
    """What may be learned of one cluster from all questions of a year's releases."""

    epsilon: float = 4.0
    delta: float = 1e-6
    releases_a_year: int = 12

    @property
    def rho_a_year(self) -> Fraction:
        """The budget of a year as rho of zCDP."""
        return rho_of(self.epsilon, self.delta)

    @property
    def rho_a_release(self) -> Fraction:
        """The part of it that one release spends."""
        return self.rho_a_year / self.releases_a_year

    def variance(self, questions: int) -> Fraction:
        """Return the variance of the noise in each cell of a release, in clusters².

        Each of the questions moves by at most 1: rho = questions/(2s²), whatever its cells.
        """
        return Fraction(questions) / (2 * self.rho_a_release)


@cache
def rho_of(epsilon: float, delta: float) -> Fraction:
    """Return the largest rho, in millionths, whose zCDP is (epsilon, delta)-private.

    Raises ValueError where there is none. The rounding takes one millionth more, which is far
    above what floating point may have rounded up.
    """
    if not (epsilon > 0 and 0 < delta < 1):
        raise ValueError("epsilon is positive, and delta between 0 and 1")
    low, high = 0.0, epsilon
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if delta_of(middle, epsilon) <= delta:
            low = middle
        else:
            high = middle
    millionths = int(low * _ROUNDED_TO) - 1
    if millionths <= 0:
        raise ValueError("so small a budget leaves nothing to publish")
    return Fraction(millionths, _ROUNDED_TO)


def delta_of(rho: float, epsilon: float) -> float:
    """Return the least delta found for rho-zCDP at `epsilon`; every alpha gives a valid one."""
    if rho <= 0:
        return 0.0
    low, high = _LEAST, _MOST
    for _ in range(_STEPS):
        left, right = low + (high - low) / 3, high - (high - low) / 3
        if _log_delta(left, rho, epsilon) < _log_delta(right, rho, epsilon):
            high = right
        else:
            low = left
    return min(1.0, exp(min(0.0, _log_delta((low + high) / 2, rho, epsilon))))


def _log_delta(log_excess: float, rho: float, epsilon: float) -> float:
    """Return log delta at alpha = 1 + exp(log_excess)."""
    excess = exp(log_excess)
    alpha = 1 + excess
    return excess * (alpha * rho - epsilon) - log_excess - alpha * log1p(1 / excess)
