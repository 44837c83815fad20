"""The group of reports that the next commit stores, and whether the spool takes any."""

from collections.abc import Callable
from typing import Final, Protocol

from structlog.stdlib import BoundLogger

from collector.errors import SpoolUnavailable
from collector.http.problems import problem_of
from collector.http.response import Response
from collector.records import AcceptedReport
from collector.spool.writer import Added
from collector.telemetry.logs import Incident
from collector.telemetry.metrics import Metrics

QUIET_SECONDS: Final = 10.0
"""Trouble that has not come for so long is over; on a full disk it comes and goes."""
STOPPING: Final = "the collector is shutting down"
SPOOL_FAILS: Final = "the spool cannot be written"


class ReportSpool(Protocol):
    """What reports are committed to; see `collector.spool.writer.Spool`."""

    def add(self, accepted: AcceptedReport) -> Added:
        """Add a report to what is committed next."""

    def commit(self) -> int:
        """Put all that was added on disk; return how many are new. Raises `SpoolUnavailable`."""

    def full(self) -> str | None:
        """Return why no report fits now, None where one does."""

    def check_writable(self) -> None:
        """Raise `SpoolUnavailable` while nothing can be written."""


class GroupCommit:
    """Takes reports for one commit a tick; wakes the drain after it, and notes how the spool is.

    Whoever adds a report joins the group: that a report is a repeat, and that its key was used for
    another, is as true as the commit of what it was compared with.
    """

    def __init__(
        self,
        spool: ReportSpool,
        *,
        wake_drain: Callable[[], None],
        metrics: Metrics,
        clock: Callable[[], float],
        log: BoundLogger,
    ) -> None:
        """`clock` gives seconds and is monotonic."""
        self._spool: Final = spool
        self._wake_drain: Final = wake_drain
        self._metrics: Final = metrics
        self._clock: Final = clock
        self._log: Final = log
        self._failures: Final = Incident(QUIET_SECONDS)
        self._full: Final = Incident(QUIET_SECONDS)
        self._joined = False
        self._fails = False
        self._stopping = False

    def add(self, accepted: AcceptedReport) -> None:
        """Add a report. Raises what `Spool.add` raises."""
        self._joined = True
        if self._spool.add(accepted) is Added.REPEATED:
            self._metrics.repeated()

    def take_joined(self) -> bool:
        """Whether a report was added, or tried to be, since this was asked last."""
        joined, self._joined = self._joined, False
        return joined

    def commit(self) -> Response | None:
        """Commit the group; return what answers everybody in it where none of it is stored."""
        began = self._clock()
        try:
            reports = self._spool.commit()
        except SpoolUnavailable as error:
            self._metrics.commit_failed()
            self._fails = True
            if self._failures.happens(began):
                self._log.error("the spool takes no reports", reason=error.reason)
            return problem_of(error)
        self._fails = False
        if failed := self._failures.take_ended(began):
            self._log.info("the spool takes reports again", failed_commits=failed)
        self._note_room(began)
        if reports:
            self._metrics.committed(reports, seconds=self._clock() - began)
            self._wake_drain()
        return None

    def _note_room(self, now: float) -> None:
        reason = self._spool.full()
        if reason is not None and self._full.happens(now):
            self._log.error("no more reports are taken until there is room", reason=reason)
        elif reason is None and self._full.take_ended(now):
            self._log.info("there is room for reports again")

    def stop(self) -> None:
        """Say from now on that the collector is shutting down."""
        self._stopping = True

    def reasons(self) -> tuple[str, ...]:
        """Return why no report can be accepted now, as `/readyz` says; empty when one can.

        A warehouse that is down is not a reason: the spool takes reports. After a failure the spool
        is tried anew: a load balancer sends no posts meanwhile, so no commit would ever find out
        that the disk has room again. May be asked from any thread.
        """
        reasons = [STOPPING] if self._stopping else []
        if self._fails and not self._spool_takes_a_write():
            reasons.append(SPOOL_FAILS)
        full = self._spool.full()
        if full is not None:
            reasons.append(full)
        return tuple(reasons)

    def _spool_takes_a_write(self) -> bool:
        try:
            self._spool.check_writable()
        except SpoolUnavailable:
            return False
        return True
