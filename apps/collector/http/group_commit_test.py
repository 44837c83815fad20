"""The group of a tick: what is committed, logged and counted, and whether more is taken."""

from contextlib import nullcontext

import pytest
import structlog

from collector.errors import IdempotencyKeyReused, SpoolUnavailable
from collector.http.conftest import FakeSpool, ManualClock, group_of
from collector.http.dispatcher import SPOOL_FAILS, SPOOL_QUIET_SECONDS, STOPPING
from collector.records import AcceptedReport
from collector.telemetry.metrics import Metrics

ACCEPTED = AcceptedReport("key", 0, b"{}", None)


def test_a_commit_wakes_the_drain() -> None:
    """The drain is woken after a commit of new reports, and not after a failure."""
    spool = FakeSpool()
    woken: list[str] = []
    group = group_of(spool, wake_drain=lambda: woken.append("woken"))
    group.commit()
    spool.reports = 0
    group.commit()
    spool.fails = True
    group.commit()
    assert woken == ["woken"]


def test_commits_are_counted() -> None:
    """Metrics tell how many reports were accepted, in which groups, and what failed."""
    spool, metrics = FakeSpool(), Metrics(version="0")
    group = group_of(spool, metrics)
    group.commit()
    group.commit()
    spool.fails = True
    group.commit()
    sample = metrics.registry.get_sample_value
    assert sample("spartakus_reports_accepted_total") == 6
    assert sample("spartakus_commit_reports_count") == 2
    assert sample("spartakus_commits_failed_total") == 1


def test_a_full_spool_is_logged_once() -> None:
    """That nothing more fits is one line with the reason, and its end another, once it lasts."""
    spool, clock = FakeSpool(), ManualClock()
    with structlog.testing.capture_logs() as log:
        group = group_of(spool, clock=clock)
        for reason in ("the disk is full", None) * 100:
            spool.reason = reason
            group.commit()
        clock.now += SPOOL_QUIET_SECONDS
        group.commit()
    assert [(line["event"], line.get("reason")) for line in log] == [
        ("no more reports are taken until there is room", "the disk is full"),
        ("there is room for reports again", None),
    ]


def test_a_failure_is_logged_once_for_as_long_as_it_lasts() -> None:
    """A full disk is one line, and its end another with a count, however it comes and goes."""
    spool, clock = FakeSpool(), ManualClock()
    with structlog.testing.capture_logs() as log:
        group = group_of(spool, clock=clock)
        for fails in (True, True, False) * 100:
            spool.fails = fails
            group.commit()
        clock.now += SPOOL_QUIET_SECONDS
        group.commit()
        group.commit()
    assert [(line["event"], line.get("failed_commits")) for line in log] == [
        ("the spool takes no reports", None),
        ("the spool takes reports again", 200),
    ]


def test_a_failed_commit_is_answered_503() -> None:
    """Clients of a lost group are asked to come again."""
    spool = FakeSpool()
    spool.fails = True
    response = group_of(spool).commit()
    assert response is not None
    assert response.status == "503 Service Unavailable"
    assert dict(response.headers)["Content-Type"] == "application/problem+json"
    assert "Retry-After" in dict(response.headers)


def test_a_fault_of_ours_is_left_to_the_dispatcher() -> None:
    """What no commit should raise has no response here: the dispatcher logs where it happened."""

    class Broken(FakeSpool):
        def commit(self) -> int:
            raise ValueError("c-1 of acme")

    with pytest.raises(ValueError, match="acme"):
        group_of(Broken()).commit()


@pytest.mark.parametrize("error", [None, IdempotencyKeyReused(), SpoolUnavailable()])
def test_whoever_tries_to_add_a_report_joins_the_group(error: Exception | None) -> None:
    """A reused key is refused for a report that may yet fail to be stored; asked once."""
    spool = FakeSpool()
    spool.error = error
    group = group_of(spool)
    assert not group.take_joined()
    with nullcontext() if error is None else pytest.raises(type(error)):
        group.add(ACCEPTED)
    assert group.take_joined()
    assert not group.take_joined()


def test_it_is_ready_without_asking_the_disk() -> None:
    """As long as commits succeed there is no reason, and nothing is written to find out."""
    spool = FakeSpool()
    assert group_of(spool).reasons() == ()
    assert spool.checks == 0


def test_a_shutdown_is_a_reason() -> None:
    """It is not ready from the beginning of the shutdown on."""
    group = group_of(FakeSpool())
    group.stop()
    assert group.reasons() == (STOPPING,)


def test_a_failed_commit_is_a_reason_until_the_disk_takes_a_write() -> None:
    """Readiness comes back although no post arrives that could show it."""
    spool = FakeSpool()
    group = group_of(spool)
    spool.fails = True
    group.commit()
    assert group.reasons() == (SPOOL_FAILS,)
    spool.fails = False
    assert group.reasons() == ()


def test_a_full_spool_is_a_reason() -> None:
    """As long as nothing more fits into the spool, its reason is given."""
    spool = FakeSpool()
    group = group_of(spool)
    spool.reason = "the disk is full"
    assert group.reasons() == ("the disk is full",)
    spool.reason = None
    assert group.reasons() == ()


def test_a_commit_that_succeeds_ends_the_reason() -> None:
    """After a success the disk is not asked."""
    spool = FakeSpool()
    group = group_of(spool)
    spool.fails = True
    group.commit()
    spool.fails = False
    group.commit()
    assert group.reasons() == ()
    assert spool.checks == 0
