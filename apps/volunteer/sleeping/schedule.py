"""When reports are due, on a clock that never stands still.

A collector keeps the hour of each report. A volunteer that reported at the same hour for ever could
be told by it, so each interval is drawn anew, between half and one and a half times the period: the
hour of one report says nothing about the hour of the next. Up to an hour, where every hour has a
report anyway, due times are a grid.
"""

from random import Random
from typing import Final

from msgspec import Struct

LONGEST_EXACT_PERIOD_SECONDS: Final = 3600.0
_SPREAD: Final = 0.5
_TRY_AGAIN_SECONDS: Final = (15 * 60.0, 45 * 60.0)


class WakeUp(Struct, frozen=True):
    """The next time to do something, `at` a reading of `Clock.now`.

    A report is due then; or else, where there is a `next_due`, one that failed is tried again, and
    the next one is due at that time.
    """

    at: float
    next_due: float | None = None


def first_wake_up(now: float, *, jitter: float, random: Random) -> WakeUp:
    """Return a wake-up for the first report, after a random part of `jitter` seconds."""
    return WakeUp(now + random.uniform(0, jitter))


def next_due(wake_up: WakeUp, now: float, *, period: float, random: Random) -> float:
    """Return when the report after the one that is made now is due.

    One report makes up for all due times that have passed, in sleep or in delivery.
    """
    due = wake_up.at
    if wake_up.next_due is not None:
        if now < wake_up.next_due:
            return wake_up.next_due
        due = wake_up.next_due
    if period > LONGEST_EXACT_PERIOD_SECONDS:
        return max(due, now) + period * random.uniform(1 - _SPREAD, 1 + _SPREAD)
    passed = max(0.0, (now - due) // period)
    return due + (passed + 1) * period


def after_failure(now: float, *, due: float, random: Random) -> WakeUp:
    """Return when to try a report again, where the next one is `due` then."""
    again = now + random.uniform(*_TRY_AGAIN_SECONDS)
    return WakeUp(again, due) if again < due else WakeUp(due)
