"""The sampler draws what the paper says, from integers alone."""

import ast
import random
from collections import Counter
from fractions import Fraction
from math import exp
from pathlib import Path
from statistics import NormalDist

import pytest

from census import noise
from census.noise import discrete_gaussian


def chi_square(drawn: Counter[int], variance: float, draws: int) -> tuple[float, int]:
    """Return the statistic over all values that are expected at least ten times, and the rest."""
    reach = range(-int(20 * variance), int(20 * variance) + 1)
    weights = {value: exp(-value * value / (2 * variance)) for value in reach}
    total = sum(weights.values())
    expected = {value: draws * weight / total for value, weight in weights.items()}
    often = {value: each for value, each in expected.items() if each >= 10}
    rest = draws - sum(often.values())
    seen_rest = draws - sum(drawn[value] for value in often)
    statistic = sum((drawn[value] - each) ** 2 / each for value, each in often.items())
    return statistic + (seen_rest - rest) ** 2 / max(rest, 1e-9), len(often)


def chi_square_limit(freedom: int) -> float:
    """Return what a fair sampler exceeds once in 10,000: Wilson and Hilferty's approximation."""
    spread = 2 / (9 * freedom)
    return float(freedom * (1 - spread + NormalDist().inv_cdf(0.9999) * spread**0.5) ** 3)


@pytest.mark.parametrize("variance", [Fraction(1, 3), Fraction(7), Fraction(1083, 4)])
def test_draws_have_the_exact_probabilities(variance: Fraction) -> None:
    """A chi-square test over 10^6 draws of three widths finds no difference."""
    draws = 1_000_000
    bits = random.Random(20260701).getrandbits
    drawn = Counter(discrete_gaussian(variance, bits) for _ in range(draws))
    statistic, freedom = chi_square(drawn, float(variance), draws)
    assert statistic < chi_square_limit(freedom)


def test_the_test_notices_another_width() -> None:
    """The same test rejects draws whose variance is 3% too large."""
    bits = random.Random(1).getrandbits
    drawn = Counter(discrete_gaussian(Fraction(721, 100), bits) for _ in range(100_000))
    statistic, freedom = chi_square(drawn, 7.0, 100_000)
    assert statistic > chi_square_limit(freedom)


def test_the_sampler_knows_no_floating_point() -> None:
    """Its source has no float, no true division, and of `math` only the integer square root."""
    tree = ast.parse(Path(noise.__file__).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float))
        assert not isinstance(node, ast.Div | ast.Pow)
        assert not (isinstance(node, ast.Name) and node.id == "float")
        if isinstance(node, ast.ImportFrom) and node.module == "math":
            assert [each.name for each in node.names] == ["isqrt"]


def test_a_variance_is_positive() -> None:
    """No noise at all is refused."""
    with pytest.raises(ValueError, match="positive"):
        discrete_gaussian(Fraction(0), random.Random(1).getrandbits)
