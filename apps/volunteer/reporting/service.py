"""The life of a volunteer: one report, or one every period until it is told to exit."""

import logging
from collections.abc import Callable, Iterable
from random import Random
from typing import Final, NoReturn, TypeAlias

from command_line.errors import UsageError, defect_in_words
from volunteer.cluster.errors import ClusterError
from volunteer.delivery.rules import Delivered, Outcome, Refused, Unavailable
from volunteer.durations import in_words
from volunteer.errors import (
    EXIT_DELIVERED,
    EXIT_NOT_DELIVERED,
    EXIT_REFUSED,
    InvalidExtensionFile,
    ReaderGone,
    ReportNotPossible,
)
from volunteer.sleeping.schedule import WakeUp, after_failure, next_due

_log: Final = logging.getLogger(__name__)

ReportOnce: TypeAlias = Callable[[float | None], Outcome]
"""Makes one report and delivers it before the next is due, a reading of `Clock.now`; None where no
other follows."""


def report_once(report: ReportOnce) -> int:
    """Make one report and return the exit status. Raises `VolunteerError`."""
    return log_outcome(report(None))


def report_periodically(
    report: ReportOnce,
    wake_up: WakeUp,
    *,
    period: float,
    worked_before: bool,
    random: Random,
    now: Callable[[], float],
    wait_until: Callable[[WakeUp], None],
) -> NoReturn:
    """Report at `wake_up` and then every period, for ever.

    What goes wrong is logged. A cluster that could not be observed is tried again before the next
    report is due, and so is what the user asked for where it has worked once: a file may come back.
    Raises `UsageError` at the first report of all, unless it `worked_before`, and `ReaderGone`.
    """
    while True:
        wait_until(wake_up)
        due = next_due(wake_up, now(), period=period, random=random)
        wake_up = WakeUp(due)
        try:
            log_outcome(report(due))
        except ReportNotPossible as error:
            _log.error("no report: %s", error)
        except (ClusterError, UsageError) as error:
            if isinstance(error, UsageError) and not worked_before:
                raise
            _log.error("no report: %s", error)
            wake_up = after_failure(now(), due=due, random=random)
        except ReaderGone:
            raise
        except Exception as error:  # noqa: BLE001 - the service outlives a defect
            _log.error("no report: %s", defect_in_words(error))
        worked_before = True
        _log_wait(wake_up, now())


def _log_wait(wake_up: WakeUp, now: float) -> None:
    what = "the next report is due" if wake_up.next_due is None else "trying again"
    level = logging.DEBUG if wake_up.next_due is None else logging.WARNING
    _log.log(level, "%s in %s", what, in_words(max(0, round(wake_up.at - now))))


def log_left_out(problems: Iterable[InvalidExtensionFile]) -> None:
    """Log the extension files that a report goes without."""
    for problem in problems:
        _log.error("left out of this report: %s", problem)


def announce_retry(why: str, seconds: float) -> None:
    """Log that a delivery failed and will be tried again after so many seconds."""
    _log.warning("collector: %s; trying again in %.1f s", why, seconds)


def log_outcome(outcome: Outcome) -> int:
    """Log how a delivery ended and return the exit status that says so."""
    match outcome:
        case Delivered():
            _log.info("report delivered")
            return EXIT_DELIVERED
        case Refused(why):
            _log.error("report refused: the collector %s", why)
            return EXIT_REFUSED
        case Unavailable(why):
            _log.error("report not delivered in time: %s", why)
            return EXIT_NOT_DELIVERED
