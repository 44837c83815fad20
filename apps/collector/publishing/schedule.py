"""When releases are due. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from census import Budget, BudgetSpent, Cadence, Period, Release, check_budget
from collector.values import Publish, PublishPlan

UNTIL_DUE: Final = timedelta(days=4)
"""From the last day of a period to the day on which its release is due.

A report counts where it was received, so what is late is what waits in the spool of a collector:
three days are enough for one whose warehouse was away over a weekend.
"""

OFF_AT_MOST: Final = timedelta(days=3)
"""How long a collector may be off without being asked about what came due meanwhile.

Less than `UNTIL_DUE`: a clock that is ahead by no more releases nothing that is not over.
"""


def cadence_of(publish: Publish) -> Cadence:
    """Return how often there is a release; `publish` is not off."""
    return Cadence.MONTHLY if publish is Publish.EXACT else Cadence(publish.value)


def budget_of(plan: PublishPlan) -> Budget:
    """Return the budget of a year's releases."""
    return Budget(epsilon=plan.epsilon, releases_a_year=cadence_of(plan.publish).releases_a_year)


def due_day(period: Period) -> date:
    """Return the day, in UTC, on which the release of a period is due."""
    return period.last + UNTIL_DUE


def due_periods(
    cadence: Cadence, releases: Sequence[Release], *, since: date, today: date
) -> Iterator[Period]:
    """Return the periods whose releases are due and not made, the oldest first.

    None begins before `since`. One that shares a day with a release will never be made.
    """
    period = _first(cadence, since)
    while due_day(period) <= today:
        if not any(overlap(period, each.period) for each in releases):
            yield period
        period = cadence.after(period)


def next_due(plan: PublishPlan, releases: Sequence[Release], *, since: date, today: date) -> date:
    """Return the day on which the next release will be due, later than `today`.

    It is of a period for which the year's budget suffices.
    """
    cadence = cadence_of(plan.publish)
    period = _first(cadence, since)
    while due_day(period) <= today or not is_possible(plan, period, releases):
        period = cadence.after(period)
    return due_day(period)


def is_possible(plan: PublishPlan, period: Period, releases: Sequence[Release]) -> bool:
    """Return whether neither earlier releases nor the year's budget forbid one of a period."""
    if any(overlap(period, each.period) for each in releases):
        return False
    if plan.publish is Publish.EXACT:
        return True
    try:
        check_budget(period, budget_of(plan), releases)
    except BudgetSpent:
        return False
    return True


def missed_periods(due: Sequence[Period], *, seen: date, today: date) -> list[Period]:
    """Return what came due after `seen`, the day of the check before, if that is long ago.

    The collector was off, or its clock is wrong now, or its data was restored from a copy: then
    each may be released already, or not be over.
    """
    if today - seen <= OFF_AT_MOST:
        return []
    return [each for each in due if due_day(each) > seen]


def _first(cadence: Cadence, since: date) -> Period:
    period = cadence.period_of(since)
    return period if period.first >= since else cadence.after(period)


def overlap(one: Period, other: Period) -> bool:
    """Return whether two periods share a day."""
    return one.first <= other.last and other.first <= one.last
