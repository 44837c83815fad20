"""The commit of a group of reports, and what to say when it fails."""

from collections.abc import Callable
from typing import Final, Protocol

from structlog.stdlib import BoundLogger

from collector.errors import SpoolUnavailable
from collector.problems import PROBLEM_CONTENT_TYPE, problem_of
from collector.readiness import Readiness
from collector.server import Answer


class CommittedSpool(Protocol):
    """What is committed; see `collector.spool.Spool`."""

    def commit(self) -> None:
        """Put the group on disk. Raises `SpoolUnavailable`."""


class GroupCommit:
    """Commits, wakes the drain, and notes how the spool is."""

    def __init__(
        self,
        spool: CommittedSpool,
        *,
        readiness: Readiness,
        wake_drain: Callable[[], None],
        log: BoundLogger,
    ) -> None:
        self._spool: Final = spool
        self._readiness: Final = readiness
        self._wake_drain: Final = wake_drain
        self._log: Final = log

    def __call__(self) -> None:
        """Commit the group. Raises `SpoolUnavailable` when none of it is stored."""
        try:
            self._spool.commit()
        except SpoolUnavailable as error:
            if self._readiness.spool_failed():
                self._log.error("the spool takes no reports", reason=str(error.__cause__))
            raise
        if self._readiness.spool_works():
            self._log.info("the spool takes reports again")
        self._wake_drain()


def answer_to_failed_commit(error: Exception) -> Answer:
    """Return what every client of a group gets whose commit failed."""
    problem = problem_of(error)
    headers = [("Content-Type", PROBLEM_CONTENT_TYPE), *problem.headers.items()]
    return Answer(f"{problem.status.value} {problem.status.phrase}", headers, problem.document)
