"""Which releases are due, and which clock is believed."""

from datetime import date

import pytest

from census import Cadence, Release, exact_release_of
from census.periods import name_of, parse
from census.questions import QUESTIONS
from collector.publishing.schedule import TrustedClock, due_periods, next_due
from collector.publishing.testing import release
from collector.values import Publish, PublishPlan

HOUR, DAY = 3_600.0, 86_400.0


def released(name: str) -> Release:
    return exact_release_of({"clusters": {}}, parse(name), QUESTIONS[:1])


@pytest.mark.parametrize(
    ("cadence", "since", "today", "names"),
    [
        (Cadence.MONTHLY, date(2026, 9, 1), date(2026, 11, 3), ["2026-09"]),
        (Cadence.MONTHLY, date(2026, 9, 1), date(2026, 11, 4), ["2026-09", "2026-10"]),
        (Cadence.MONTHLY, date(2026, 9, 2), date(2026, 11, 4), ["2026-10"]),
        (Cadence.MONTHLY, date(2026, 11, 1), date(2026, 11, 4), []),
        (Cadence.MONTHLY, date(2027, 1, 1), date(2026, 11, 4), []),
        (Cadence.WEEKLY, date(2026, 11, 2), date(2026, 11, 19), ["2026-W45", "2026-W46"]),
        (Cadence.QUARTERLY, date(2026, 1, 1), date(2026, 10, 4), ["2026-Q1", "2026-Q2", "2026-Q3"]),
    ],
)
def test_what_is_due_is_over_for_three_days(
    cadence: Cadence, since: date, today: date, names: list[str]
) -> None:
    """Periods that began before the first day are none, and the oldest comes first."""
    found = [name_of(each) for each in due_periods(cadence, (), since=since, today=today)]
    assert found == names


def test_what_was_released_is_not_due() -> None:
    """Nor is what shares a day with it: a quarter waits until none of its months was released."""
    releases = [released("2026-09"), released("2026-10")]
    since, today = date(2026, 8, 1), date(2027, 7, 1)
    monthly = due_periods(Cadence.MONTHLY, releases, since=since, today=date(2027, 1, 4))
    assert [name_of(each) for each in monthly] == ["2026-08", "2026-11", "2026-12"]
    quarterly = due_periods(Cadence.QUARTERLY, releases, since=since, today=today)
    assert [name_of(each) for each in quarterly] == ["2027-Q1"]
    weekly = due_periods(Cadence.WEEKLY, releases, since=date(2026, 10, 26), today=today)
    assert name_of(next(weekly)) == "2026-W45"


def test_the_next_one_is_due_after_today() -> None:
    """Of a period that is not over yet, and that no release has days of."""
    since, monthly = date(2026, 9, 1), PublishPlan(Publish.MONTHLY, 4.0)
    assert next_due(monthly, (), since=since, today=date(2026, 11, 4)) == date(2026, 12, 4)
    assert next_due(monthly, (), since=since, today=date(2026, 11, 3)) == date(2026, 11, 4)
    assert next_due(monthly, (), since=None, today=date(2026, 11, 3)) == date(2026, 12, 4)
    later = date(2027, 3, 1)
    assert next_due(monthly, (), since=later, today=date(2026, 11, 3)) == date(2027, 4, 4)
    quarterly = PublishPlan(Publish.QUARTERLY, 4.0)
    releases = [released("2026-11")]
    quarter = next_due(quarterly, releases, since=since, today=date(2026, 12, 1))
    assert quarter == date(2027, 4, 4)


def test_the_next_one_is_within_the_budget() -> None:
    """After eleven months, a quarter waits until the most of them are a year ago; a month, and exact
    figures, need not wait.
    """
    releases = [release(3_000, month) for month in range(1, 12)]
    since, today = date(2026, 1, 1), date(2026, 12, 5)
    due = {
        publish: next_due(PublishPlan(publish, 4.0), releases, since=since, today=today)
        for publish in (Publish.MONTHLY, Publish.QUARTERLY, Publish.EXACT)
    }
    assert due == {
        Publish.MONTHLY: date(2027, 1, 4),
        Publish.QUARTERLY: date(2027, 7, 4),
        Publish.EXACT: date(2027, 1, 4),
    }


class _Clocks:
    def __init__(self) -> None:
        self.wall = 1_800_000_000.0
        self.steady = 5.0
        self.clock = TrustedClock(lambda: self.wall, lambda: self.steady)

    def after(self, seconds: float, *, jump: float = 0.0) -> float | None:
        self.steady += seconds
        self.wall += seconds + jump
        return self.clock.now()


def test_a_clock_that_runs_is_believed() -> None:
    """At once, and while it is set by less than an hour."""
    clocks = _Clocks()
    assert clocks.clock.now() == 1_800_000_000
    assert clocks.after(10 * DAY) == clocks.wall
    assert clocks.after(600, jump=-3_500) == clocks.wall
    assert clocks.after(600, jump=3_500) == clocks.wall


@pytest.mark.parametrize("jump", [40 * DAY, -40 * DAY, 2 * HOUR])
def test_a_clock_that_jumped_is_not_believed_for_a_day(jump: float) -> None:
    """Whether it jumped back or forth; when it is set right within the day, a day later."""
    clocks = _Clocks()
    assert clocks.after(600, jump=jump) is None
    assert clocks.after(DAY - 1) is None
    assert clocks.after(1) == clocks.wall
    assert clocks.after(600, jump=-jump) is None
    assert clocks.after(DAY) == clocks.wall
