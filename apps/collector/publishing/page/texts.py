"""Numbers and periods as people read them."""

from datetime import date, timedelta
from math import sqrt
from typing import Final

from census import Release
from census.words import NONE, OTHER, SEVERAL, UNKNOWN

_EXACT_DIGITS: Final = 1
# A figure has as many decimals as its margin, in percent points, leaves room for.
_DECIMALS_BELOW: Final = ((0.1, 2), (2.0, 1))
_MONTHS_A_QUARTER: Final = 3
NOBODY: Final = "No cluster was heard from on two days of the period."
"""Of exact figures; private ones do not say so."""
_LABELS: Final = {UNKNOWN: "not reported", NONE: "none", SEVERAL: "several", OTHER: "other"}
_SKEWS: Final = {
    "newer": "ahead of it",
    "0": "the same",
    "1": "1 behind",
}


def period(release: Release) -> str:
    """Return the days of a release in words: `November 2026`."""
    first, last = release.period.first, release.period.last
    if _is_whole_months(first, last):
        if (first.year, first.month) == (last.year, last.month):
            return f"{last:%B %Y}"
        return f"{first:%B} to {last:%B %Y}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {day(last)}"
    return f"{day(first)} to {day(last)}"


def short_period(release: Release) -> str:
    """Return the days of a release in as few characters as an axis has room for."""
    first, last = release.period.first, release.period.last
    if not _is_whole_months(first, last):
        return f"{last.day} {last:%b %Y}"
    if first.month == last.month:
        return f"{last:%b %Y}"
    return f"Q{(last.month - 1) // _MONTHS_A_QUARTER + 1} {last.year}"


def day(when: date) -> str:
    """Return a day in words: `3 December 2026`."""
    return f"{when.day} {when:%B %Y}"


def _is_whole_months(first: date, last: date) -> bool:
    return first.day == 1 and (last + timedelta(days=1)).day == 1


def decimals(release: Release) -> int:
    """Return how many decimals the shares of a release are worth, in percent."""
    if release.guarantee is None or not release.clusters:
        return _EXACT_DIGITS
    # The margin of a share of one half, whose divisor is noisy as well.
    points = 100 * release.margin * sqrt(1.25) / release.clusters
    return next((digits for limit, digits in _DECIMALS_BELOW if points < limit), 0)


def percent(share: float, digits: int) -> str:
    """Return a share in percent: `23.4%`."""
    return f"{100 * share:.{digits}f}%"


def points(share: float, digits: int) -> str:
    """Return a margin in percent points, of at least one unit of the last digit: `± 0.4`."""
    return f"± {max(100 * share, 10.0**-digits):.{digits}f}"


def number(value: float) -> str:
    """Return a count of clusters: `10,037`."""
    return f"{round(value):,}"


def small(value: float) -> str:
    """Return a number far below 1 in decimals: `0.000001`."""
    return f"{value:.15f}".rstrip("0")


def label(question: str, answer: str) -> str:
    """Return an answer in words, where it is not words already."""
    if question == "skew" and answer not in _LABELS:
        return _SKEWS.get(answer, f"{answer} behind")
    return _LABELS.get(answer, answer)
