"""Behaviour of `collector.http.group_commit`."""

from collections.abc import Callable
from contextlib import suppress

import pytest
import structlog

from collector.errors import SpoolUnavailable
from collector.http.group_commit import QUIET_SECONDS, GroupCommit, answer_to_failed_commit
from collector.http.readiness import Readiness
from collector.telemetry.logs import get_log
from collector.telemetry.metrics import Metrics


class _FakeSpool:
    """Commits, or fails to."""

    def __init__(self) -> None:
        self.fails = False
        self.reason: str | None = None
        self.reports = 3

    def commit(self) -> int:
        if self.fails:
            raise SpoolUnavailable("disk full")
        return self.reports

    def full(self) -> str | None:
        return self.reason


class _Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def commit_of(
    spool: _FakeSpool,
    *,
    wake_drain: Callable[[], None] = lambda: None,
    metrics: Metrics,
    clock: Callable[[], float] = lambda: 0.0,
) -> GroupCommit:
    return GroupCommit(
        spool,
        readiness=Readiness(lambda: None),
        wake_drain=wake_drain,
        metrics=metrics,
        clock=clock,
        log=get_log(),
    )


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(version="0")


def test_a_commit_wakes_the_drain(metrics: Metrics) -> None:
    """The drain is woken after a commit of new reports, and not after a failure."""
    spool = _FakeSpool()
    woken: list[str] = []
    commit = commit_of(spool, wake_drain=lambda: woken.append("woken"), metrics=metrics)
    commit()
    spool.reports = 0
    commit()
    spool.fails = True
    with pytest.raises(SpoolUnavailable):
        commit()
    assert woken == ["woken"]


def test_commits_are_counted(metrics: Metrics) -> None:
    """Metrics tell how many reports were accepted, in which groups, and what failed."""
    spool = _FakeSpool()
    commit = commit_of(spool, metrics=metrics)
    commit()
    commit()
    spool.fails = True
    with pytest.raises(SpoolUnavailable):
        commit()
    sample = metrics.registry.get_sample_value
    assert sample("spartakus_reports_accepted_total") == 6
    assert sample("spartakus_commit_reports_count") == 2
    assert sample("spartakus_commits_failed_total") == 1


def test_a_full_spool_is_logged_once(metrics: Metrics) -> None:
    """That nothing more fits is one line with the reason, and its end another, once it lasts."""
    spool, clock = _FakeSpool(), _Clock()
    with structlog.testing.capture_logs() as log:
        commit = commit_of(spool, metrics=metrics, clock=clock)
        for reason in ("the disk is full", None) * 100:
            spool.reason = reason
            commit()
        clock.now += QUIET_SECONDS
        commit()
    assert [(line["event"], line.get("reason")) for line in log] == [
        ("no more reports are taken until there is room", "the disk is full"),
        ("there is room for reports again", None),
    ]


def test_a_failure_is_logged_once_for_as_long_as_it_lasts(metrics: Metrics) -> None:
    """A full disk is one line, and its end another with a count, however it comes and goes."""
    spool, clock = _FakeSpool(), _Clock()
    with structlog.testing.capture_logs() as log:
        commit = commit_of(spool, metrics=metrics, clock=clock)
        for fails in (True, True, False) * 100:
            spool.fails = fails
            with suppress(SpoolUnavailable):
                commit()
        clock.now += QUIET_SECONDS
        commit()
        commit()
    assert [(line["event"], line.get("failed_commits")) for line in log] == [
        ("the spool takes no reports", None),
        ("the spool takes reports again", 200),
    ]


def test_a_fault_of_ours_is_left_to_the_server() -> None:
    """What no commit should raise has no answer here: the server logs where it happened."""
    assert answer_to_failed_commit(ValueError("c-1 of acme")) is None


def test_a_failed_commit_is_answered_503() -> None:
    """Clients of a lost group are asked to come again."""
    answer = answer_to_failed_commit(SpoolUnavailable())
    assert answer is not None
    assert answer.status == "503 Service Unavailable"
    assert dict(answer.headers)["Content-Type"] == "application/problem+json"
    assert "Retry-After" in dict(answer.headers)
