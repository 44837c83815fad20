"""Whether the collector can accept reports, and if not, why."""

import threading
from collections.abc import Callable
from typing import Final

from collector.errors import SpoolUnavailable

STOPPING: Final = "the collector is shutting down"
SPOOL_FAILS: Final = "the spool cannot be written"


class Readiness:
    """What `/readyz` answers. A database that is down does not matter: the spool takes reports."""

    def __init__(
        self,
        check_spool: Callable[[], None],
        *,
        spool_full: Callable[[], str | None] = lambda: None,
    ) -> None:
        """`check_spool` raises `SpoolUnavailable` while the spool cannot be written.

        `spool_full` says why nothing more fits into the spool, None while something does.
        """
        self._check_spool = check_spool
        self._spool_full = spool_full
        self._stopping = threading.Event()
        self._spool_fails = False

    def stop(self) -> None:
        """Say from now on that the collector is shutting down."""
        self._stopping.set()

    def spool_failed(self) -> None:
        """Note that a commit failed."""
        self._spool_fails = True

    def spool_works(self) -> None:
        """Note that a commit succeeded."""
        self._spool_fails = False

    def reasons(self) -> tuple[str, ...]:
        """Return why no report can be accepted now; empty when one can.

        After a failure the spool is tried anew: a load balancer sends no posts meanwhile, so
        no commit would ever find out that the disk has room again.
        """
        reasons = [STOPPING] if self._stopping.is_set() else []
        if self._spool_fails and not self._spool_takes_a_write():
            reasons.append(SPOOL_FAILS)
        full = self._spool_full()
        if full is not None:
            reasons.append(full)
        return tuple(reasons)

    def _spool_takes_a_write(self) -> bool:
        try:
            self._check_spool()
        except SpoolUnavailable:
            return False
        return True
