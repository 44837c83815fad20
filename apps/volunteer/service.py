"""The life of a volunteer: one report, or one every period until it is told to end."""

import logging
from collections.abc import Callable, Iterable
from typing import Final, NoReturn, TypeAlias

from volunteer.cluster.errors import ClusterError
from volunteer.delivery.rules import Delivered, Outcome, Refused, Unavailable
from volunteer.errors import (
    EXIT_DELIVERED,
    EXIT_NOT_DELIVERED,
    EXIT_REFUSED,
    InvalidExtensionFile,
    ReportNotPossible,
)
from volunteer.waiting.schedule import Schedule

_log: Final = logging.getLogger(__name__)

ReportOnce: TypeAlias = Callable[[float | None], Outcome]
"""Makes one report and delivers it before the next is due, a reading of `Clock.now`; None where no
other follows."""


def report_once(report: ReportOnce) -> int:
    """Make one report and return the exit status. Raises `VolunteerError`."""
    return log_outcome(report(None))


def report_periodically(
    report: ReportOnce,
    schedule: Schedule,
    *,
    now: Callable[[], float],
    wait_until: Callable[[float], None],
) -> NoReturn:
    """Report at each due time, for ever. What goes wrong is logged and waits for the next time.

    Raises `UsageError`: that will not get better by itself.
    """
    due = schedule.first
    while True:
        wait_until(due)
        # One report makes up for all due times that have passed, in sleep or in delivery.
        due = max(due, schedule.latest(now()))
        try:
            log_outcome(report(due + schedule.period))
        except (ClusterError, ReportNotPossible) as error:
            _log.error("no report: %s", error)
        due = max(due + schedule.period, schedule.latest(now()))


def log_left_out(problems: Iterable[InvalidExtensionFile]) -> None:
    """Log the extension files that a report goes without."""
    for problem in problems:
        _log.error("left out of this report: %s", problem)


def announce_retry(why: str, seconds: float) -> None:
    """Log that a delivery failed and will be tried again after so many seconds."""
    _log.warning("collector: %s; trying again in %.1f s", why, seconds)


def log_outcome(outcome: Outcome) -> int:
    """Log how a delivery ended and return the exit status that says so."""
    if isinstance(outcome, Delivered):
        _log.info("report delivered")
    return exit_status(outcome)


def exit_status(outcome: Outcome) -> int:
    """Return the exit status of an outcome, and log it unless all went well."""
    match outcome:
        case Delivered():
            return EXIT_DELIVERED
        case Refused(why):
            _log.error("report refused: the collector %s", why)
            return EXIT_REFUSED
        case Unavailable(why):
            _log.error("report not delivered in time: %s", why)
            return EXIT_NOT_DELIVERED
