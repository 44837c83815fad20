"""What docs/publishing.md says of margins and guesses is what the accounting gives."""

import re
from math import sqrt
from statistics import NormalDist
from typing import Final

import pytest

from census import Budget
from census.periods import Cadence
from census.questions import QUESTIONS
from tests.documents.documents import text_of

_ROW: Final = re.compile(r"^\| (.+) \|$", re.MULTILINE)
_Z95: Final = NormalDist().inv_cdf(0.975)
# What noise alone reaches for any of the questions in one release of 20.
_ENOUGH: Final = NormalDist().inv_cdf(1 - 0.05 / len(QUESTIONS))


def rows() -> dict[str, list[str]]:
    """Return the rows of the document's tables, by their first cell."""
    cells = [match[1].split(" | ") for match in _ROW.finditer(text_of("docs/publishing.md"))]
    return {first.strip("`"): rest for first, *rest in cells}


def deviation(budget: Budget) -> float:
    """Return the standard deviation of a cell, in clusters."""
    return sqrt(budget.variance(len(QUESTIONS)))


def margin(budget: Budget, clusters: int) -> str:
    """Return the 95% margin of a small share, in points."""
    return f"{100 * _Z95 * deviation(budget) / clusters:.1f}"


@pytest.mark.parametrize("cadence", Cadence)
def test_margins(cadence: Cadence) -> None:
    """For each way to publish: how many releases, their margins, and from how many clusters on."""
    budget = Budget(releases_a_year=cadence.releases_a_year)
    margins = ", ".join(margin(budget, clusters) for clusters in (300, 1_000, 10_000))
    assert rows()[cadence.value] == [
        str(cadence.releases_a_year),
        f"{margins} points",
        f"{_ENOUGH * deviation(budget):.0f} clusters",
    ]


@pytest.mark.parametrize("epsilon", [1, 2, 4, 8])
def test_budgets(epsilon: int) -> None:
    """For each budget: how often a guess is right, and the margin of a monthly release."""
    budget = Budget(epsilon=epsilon)
    right = NormalDist().cdf(sqrt(2 * budget.rho_a_year) / 2)
    assert rows()[str(epsilon)] == [f"{100 * right:.0f}", f"{margin(budget, 1_000)} points"]
