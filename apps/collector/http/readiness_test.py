"""Behaviour of `collector.http.readiness`."""

from collector.errors import SpoolUnavailable
from collector.http.readiness import SPOOL_FAILS, STOPPING, Readiness


class _Disk:
    """A spool that can be written, or not."""

    def __init__(self) -> None:
        self.full = False
        self.checks = 0

    def check(self) -> None:
        self.checks += 1
        if self.full:
            raise SpoolUnavailable


def test_it_is_ready_without_asking_the_disk() -> None:
    """As long as commits succeed there is no reason, and nothing is written to find out."""
    disk = _Disk()
    assert Readiness(disk.check).reasons() == ()
    assert disk.checks == 0


def test_a_shutdown_is_a_reason() -> None:
    """It is not ready from the beginning of the shutdown on."""
    readiness = Readiness(_Disk().check)
    readiness.stop()
    assert readiness.reasons() == (STOPPING,)


def test_a_failed_commit_is_a_reason_until_the_disk_takes_a_write() -> None:
    """Readiness comes back although no post arrives that could show it."""
    disk = _Disk()
    readiness = Readiness(disk.check)
    disk.full = True
    readiness.spool_failed()
    assert readiness.reasons() == (SPOOL_FAILS,)
    disk.full = False
    assert readiness.reasons() == ()


def test_a_full_spool_is_a_reason() -> None:
    """As long as nothing more fits into the spool, its reason is given."""
    reason: list[str] = ["the disk is full"]
    readiness = Readiness(_Disk().check, spool_full=lambda: reason[0] if reason else None)
    assert readiness.reasons() == ("the disk is full",)
    reason.clear()
    assert readiness.reasons() == ()


def test_a_commit_that_succeeds_ends_the_reason() -> None:
    """After a success the disk is not asked."""
    disk = _Disk()
    readiness = Readiness(disk.check)
    readiness.spool_failed()
    readiness.spool_works()
    disk.full = True
    assert readiness.reasons() == ()
