"""The commit of a group of reports, and what to say when it fails."""

from collections.abc import Callable
from typing import Final, Protocol

from structlog.stdlib import BoundLogger

from collector.errors import SpoolUnavailable
from collector.http.incident import Episode
from collector.http.problems import PROBLEM_CONTENT_TYPE, problem_of
from collector.http.readiness import Readiness
from collector.http.response import Answer
from collector.telemetry.metrics import Metrics

QUIET_SECONDS: Final = 10.0
"""Trouble that has not come for so long is over; on a full disk it comes and goes."""


class CommittedSpool(Protocol):
    """What is committed; see `collector.spool.writer.Spool`."""

    def commit(self) -> int:
        """Put the group on disk; return how many reports it added. Raises `SpoolUnavailable`."""

    def full(self) -> str | None:
        """Return why no report fits now, None where one does."""


class GroupCommit:
    """Commits, wakes the drain, and notes how the spool is."""

    def __init__(
        self,
        spool: CommittedSpool,
        *,
        readiness: Readiness,
        wake_drain: Callable[[], None],
        metrics: Metrics,
        clock: Callable[[], float],
        log: BoundLogger,
    ) -> None:
        """`clock` gives seconds and is monotonic."""
        self._spool: Final = spool
        self._readiness: Final = readiness
        self._wake_drain: Final = wake_drain
        self._metrics: Final = metrics
        self._clock: Final = clock
        self._log: Final = log
        self._failures: Final = Episode(QUIET_SECONDS)
        self._full: Final = Episode(QUIET_SECONDS)

    def __call__(self) -> None:
        """Commit the group. Raises `SpoolUnavailable` when none of it is stored."""
        began = self._clock()
        try:
            reports = self._spool.commit()
        except SpoolUnavailable as error:
            self._metrics.commit_failed()
            self._readiness.spool_failed()
            if self._failures.happens(began):
                self._log.error("the spool takes no reports", reason=error.reason)
            raise
        self._readiness.spool_works()
        if failed := self._failures.take_ended(began):
            self._log.info("the spool takes reports again", failed_commits=failed)
        self._note_room(began)
        if reports:
            self._metrics.committed(reports, seconds=self._clock() - began)
            self._wake_drain()

    def _note_room(self, now: float) -> None:
        reason = self._spool.full()
        if reason is not None and self._full.happens(now):
            self._log.error("no more reports are taken until there is room", reason=reason)
        elif reason is None and self._full.take_ended(now):
            self._log.info("there is room for reports again")


def answer_to_failed_commit(error: Exception) -> Answer | None:
    """Return what every client of a group gets whose commit failed; None for a fault of ours."""
    if not isinstance(error, SpoolUnavailable):
        return None
    problem = problem_of(error)
    headers = [("Content-Type", PROBLEM_CONTENT_TYPE), *problem.headers.items()]
    return Answer(f"{problem.status.value} {problem.status.phrase}", headers, problem.document)
