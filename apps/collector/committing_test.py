"""Behaviour of `collector.committing`."""

import pytest
import structlog

from collector.committing import GroupCommit, answer_to_failed_commit
from collector.errors import SpoolUnavailable
from collector.logs import get_log
from collector.readiness import Readiness


class _FakeSpool:
    """Commits, or fails to."""

    def __init__(self) -> None:
        self.full = False

    def commit(self) -> None:
        if self.full:
            raise SpoolUnavailable from OSError("disk full")


def test_a_commit_wakes_the_drain() -> None:
    """The drain is woken after a commit and not after a failure."""
    spool = _FakeSpool()
    woken: list[str] = []
    commit = GroupCommit(
        spool,
        readiness=Readiness(lambda: None),
        wake_drain=lambda: woken.append("woken"),
        log=get_log(),
    )
    commit()
    spool.full = True
    with pytest.raises(SpoolUnavailable):
        commit()
    assert woken == ["woken"]


def test_a_failure_is_logged_once_for_as_long_as_it_lasts() -> None:
    """A full disk is one line, and its end another, however many commits fail meanwhile."""
    spool = _FakeSpool()
    with structlog.testing.capture_logs() as log:
        commit = GroupCommit(
            spool,
            readiness=Readiness(lambda: None),
            wake_drain=lambda: None,
            log=get_log(),
        )
        spool.full = True
        for _ in range(3):
            with pytest.raises(SpoolUnavailable):
                commit()
        spool.full = False
        commit()
        commit()
    assert [line["event"] for line in log] == [
        "the spool takes no reports",
        "the spool takes reports again",
    ]


def test_a_failed_commit_is_answered_503() -> None:
    """Clients of a lost group are asked to come again."""
    answer = answer_to_failed_commit(SpoolUnavailable())
    assert answer.status == "503 Service Unavailable"
    assert dict(answer.headers)["Content-Type"] == "application/problem+json"
    assert "Retry-After" in dict(answer.headers)
