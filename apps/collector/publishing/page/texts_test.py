"""Numbers and periods as people read them."""

from datetime import date

import pytest
from msgspec.structs import replace

from census import Period, Release
from collector.publishing.page import texts
from collector.publishing.testing import exact_release, release


def release_between(first: date, last: date) -> Release:
    return replace(exact_release(50), first_day=first.isoformat(), last_day=last.isoformat())


@pytest.mark.parametrize(
    ("period", "long", "short"),
    [
        (Period(date(2026, 11, 1), date(2026, 11, 30)), "November 2026", "Nov 2026"),
        (Period(date(2028, 2, 1), date(2028, 2, 29)), "February 2028", "Feb 2028"),
        (Period(date(2026, 10, 1), date(2026, 12, 31)), "October to December 2026", "Q4 2026"),
        (Period(date(2026, 11, 23), date(2026, 11, 29)), "23 to 29 November 2026", "29 Nov 2026"),
        (
            Period(date(2026, 12, 28), date(2027, 1, 3)),
            "28 December 2026 to 3 January 2027",
            "3 Jan 2027",
        ),
    ],
)
def test_a_period_is_named_as_people_do(period: Period, long: str, short: str) -> None:
    """Months and quarters by their names, other days by their numbers."""
    between = release_between(period.first, period.last)
    assert (texts.period(between), texts.short_period(between)) == (long, short)


@pytest.mark.parametrize(
    ("clusters", "decimals"), [(30, 0), (1_000, 0), (5_000, 1), (40_000, 1), (100_000, 2)]
)
def test_a_share_has_the_decimals_that_its_margin_leaves(clusters: float, decimals: int) -> None:
    """Below two points a decimal says something; below a tenth of one, two do."""
    assert texts.decimals(replace(release(300), clusters=clusters)) == decimals


def test_numbers_are_short() -> None:
    """Shares in percent, margins of at least one unit, thousands apart."""
    assert texts.percent(0.23449, 1) == "23.4%"
    assert texts.percent(1, 0) == "100%"
    assert texts.points(0.0044, 1) == "± 0.4"
    assert texts.points(0.0, 1) == "± 0.1"
    assert texts.number(10_036.6) == "10,037"
    assert texts.small(1e-6) == "0.000001"


def test_answers_are_words() -> None:
    """What stands for itself stays; what does not is said."""
    labels = [texts.label("skew", each) for each in ("newer", "0", "1", "3", "4 or more")]
    assert labels == [
        "ahead of it",
        "the same",
        "1 behind",
        "3 behind",
        "4 or more behind",
    ]
    assert texts.label("provider", "unknown") == "not reported"
    assert texts.label("skew", "other") == "other"
    assert texts.label("nodes", "0") == "0"
