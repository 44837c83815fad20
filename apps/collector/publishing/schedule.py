"""When releases are due. Pure."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from census import Budget, BudgetSpent, Cadence, Period, Release, check_budget
from collector.values import Publish, PublishPlan

UNTIL_DUE: Final = timedelta(days=4)
"""From the last day of a period to the day on which its release is due.

A report counts where it was received, so what is late is what waits in the spool of a collector:
three days are enough for one whose warehouse was away over a weekend.
"""

_JUMP_SECONDS: Final = 3_600.0
_DISTRUST_SECONDS: Final = 86_400.0


def cadence_of(publish: Publish) -> Cadence:
    """Return how often there is a release; `publish` is not off."""
    return Cadence.MONTHLY if publish is Publish.EXACT else Cadence(publish.value)


def budget_of(plan: PublishPlan) -> Budget:
    """Return the budget of a year's releases."""
    return Budget(epsilon=plan.epsilon, releases_a_year=cadence_of(plan.publish).releases_a_year)


def is_over(period: Period, today: date) -> bool:
    """Return whether the release of a period is due, on a day in UTC."""
    return today >= period.last + UNTIL_DUE


def due_periods(
    cadence: Cadence, releases: Sequence[Release], *, since: date, today: date
) -> Iterator[Period]:
    """Return the periods whose releases are due and not made, the oldest first.

    None begins before `since`. One that shares a day with a release will never be made.
    """
    period = _first(cadence, since)
    while is_over(period, today):
        if not any(_overlap(period, each.period) for each in releases):
            yield period
        period = cadence.after(period)


def next_due(
    plan: PublishPlan, releases: Sequence[Release], *, since: date | None, today: date
) -> date:
    """Return the day on which the next release will be due, later than `today`.

    It is of a period for which the year's budget suffices. `since` None is the period of `today`.
    """
    cadence = cadence_of(plan.publish)
    period = _first(cadence, since or cadence.period_of(today).first)
    while is_over(period, today) or not _is_possible(plan, period, releases):
        period = cadence.after(period)
    return period.last + UNTIL_DUE


def _is_possible(plan: PublishPlan, period: Period, releases: Sequence[Release]) -> bool:
    if any(_overlap(period, each.period) for each in releases):
        return False
    if plan.publish is Publish.EXACT:
        return True
    try:
        check_budget(period, budget_of(plan), releases)
    except BudgetSpent:
        return False
    return True


def _first(cadence: Cadence, since: date) -> Period:
    period = cadence.period_of(since)
    return period if period.first >= since else cadence.after(period)


def _overlap(one: Period, other: Period) -> bool:
    return one.first <= other.last and other.first <= one.last


class TrustedClock:
    """A wall clock that is not believed for a day after it jumped by more than an hour.

    A release that is made too early lacks reports for ever.
    """

    def __init__(self, wall: Callable[[], float], steady: Callable[[], float]) -> None:
        """`wall` gives UNIX seconds; `steady` counts seconds, those of a suspension too."""
        self._wall: Final = wall
        self._steady: Final = steady
        self._offset = wall() - steady()
        self._distrusted_until = steady()

    def now(self) -> float | None:
        """Return UNIX seconds, None while they are not believed."""
        wall, steady = self._wall(), self._steady()
        if abs(wall - steady - self._offset) > _JUMP_SECONDS:
            self._distrusted_until = steady + _DISTRUST_SECONDS
        self._offset = wall - steady
        return wall if steady >= self._distrusted_until else None
