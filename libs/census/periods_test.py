"""Every day is in one week, one month and one quarter."""

from datetime import date, timedelta

import pytest

from census.periods import Cadence, Period, name_of, parse

DAY = timedelta(days=1)


@pytest.mark.parametrize("cadence", Cadence)
def test_periods_follow_each_other(cadence: Cadence) -> None:
    """From one to the next no day is left out, and each has a name that is read back."""
    period = cadence.period_of(date(2019, 12, 31))
    for _ in range(600):
        following = cadence.after(period)
        assert following.first == period.last + DAY
        assert cadence.period_of(following.first) == cadence.period_of(following.last) == following
        assert parse(name_of(following)) == following
        period = following


@pytest.mark.parametrize("cadence", Cadence)
def test_so_many_begin_in_a_year(cadence: Cadence) -> None:
    """In no 365 days do more periods begin than the cadence says, and in some as many."""
    firsts = []
    period = cadence.period_of(date(2020, 1, 1))
    while period.first.year < 2030:
        firsts.append(period.first)
        period = cadence.after(period)
    begun = [
        sum(day <= each < day + 365 * DAY for each in firsts)
        for day in (date(2020, 1, 1) + number * DAY for number in range(9 * 365))
    ]
    assert max(begun) == cadence.releases_a_year


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("2026-11", date(2026, 11, 1), date(2026, 11, 30)),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31)),
        ("2028-02", date(2028, 2, 1), date(2028, 2, 29)),
        ("2026-Q4", date(2026, 10, 1), date(2026, 12, 31)),
        ("2026-W47", date(2026, 11, 16), date(2026, 11, 22)),
        ("2026-W53", date(2026, 12, 28), date(2027, 1, 3)),
    ],
)
def test_a_name_means_days(name: str, first: date, last: date) -> None:
    """Both days are included; an ISO week may reach into the next year."""
    assert parse(name) == Period(first, last)
    assert name_of(Period(first, last)) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "2026",
        "2026-13",
        "2026-00",
        "2026-Q5",
        "2026-W54",
        "2026-1",
        "2026-11-01",
        "9999-12",
        "9999-W52",
        "0000-01",
    ],
)
def test_other_texts_are_no_period(name: str) -> None:
    """A month 13, a week 54 or a day is refused."""
    with pytest.raises(ValueError):  # noqa: PT011 - of several kinds
        parse(name)


def test_other_days_have_no_name() -> None:
    """A fortnight is no period of the calendar."""
    with pytest.raises(ValueError, match="no week, month or quarter"):
        name_of(Period(date(2026, 11, 1), date(2026, 11, 14)))
