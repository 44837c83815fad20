"""Behaviour of `collector.drain.monitor`, with a real spool."""

import logging
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from collector.drain.messages import (
    Message,
    Notice,
    Opened,
    ReleaseFailed,
    Scheduled,
    Unavailable,
    Unusable,
    Written,
)
from collector.drain.monitor import DrainMonitor
from collector.errors import WarehouseUnusable
from collector.records import AcceptedReport, Watermark
from collector.spool.writer import Spool
from collector.telemetry.logs import get_log
from collector.telemetry.metrics import Metrics


class Watched:
    """A monitor, its spool of three reports, and a clock that a test sets."""

    def __init__(self, directory: Path) -> None:
        self.now = 0.0
        self.spool = Spool(
            directory / "spool.sqlite", clock=lambda: self.now, random_bytes=os.urandom
        )
        for number in range(3):
            self.spool.add(AcceptedReport(f"k{number}", 0, b"{}", None))
        self.spool.commit()
        self.monitor = DrainMonitor(
            self.spool,
            due_seconds=60,
            log=get_log(),
            metrics=Metrics(version="0"),
            clock=lambda: self.now,
        )

    def events_of(self, *messages: Message) -> list[str]:
        """Return the events that are logged for messages."""
        with capture_logs() as entries:
            for message in messages:
                self.monitor.take(message)
        return [str(each["event"]) for each in entries]

    def written(self, through: int) -> Written:
        """Return the message that the rows through an ID are written."""
        return Written(Watermark(self.spool.spool_id, through), 1, 0.1)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    watched = Watched(tmp_path)
    with closing(watched.spool):
        yield watched


def test_what_is_written_is_deleted(watched: Watched) -> None:
    """Rows through the watermark leave the spool, when the warehouse opens and with each batch."""
    watched.monitor.take(Opened(Watermark(watched.spool.spool_id, 1)))
    assert watched.spool.backlog().reports == 2
    watched.monitor.take(watched.written(3))
    assert watched.spool.backlog().reports == 0


def test_a_failure_is_logged_once_and_so_is_its_end(watched: Watched) -> None:
    """The same reason again is not logged; the next batch says that the warehouse is back."""
    watched.monitor.take(Opened(None))
    watched.monitor.begin_to_log()
    away, again = "the warehouse takes no reports; they wait", "the warehouse takes reports again"
    assert watched.events_of(Unavailable("full"), Unavailable("full")) == [away]
    assert watched.events_of(Unavailable("away")) == [away]
    assert watched.events_of(watched.written(1), watched.written(2)) == [again]


def test_a_failure_before_the_start_is_the_error_of_the_start(watched: Watched) -> None:
    """It is not logged as well."""
    assert watched.events_of(Unavailable("later"), Unusable("never")) == []
    with pytest.raises(WarehouseUnusable, match="never"):
        watched.monitor.opened.result(0)


def test_a_notice_is_logged_at_its_level(watched: Watched) -> None:
    """What the drain has for an operator goes to the log as it is."""
    with capture_logs() as entries:
        watched.monitor.take(Notice(logging.WARNING, "something", {"reports": 4}))
    assert entries == [{"event": "something", "reports": 4, "log_level": "warning"}]


def test_a_drain_is_stalled_until_it_writes(watched: Watched) -> None:
    """After a minute without a batch that is due a notice says so, once, until one is written."""
    watched.now = 61.0
    with capture_logs() as entries:
        watched.monitor.check_progress()
        watched.monitor.check_progress()
    assert [each["reports"] for each in entries] == [3]
    assert len(watched.monitor.notices()) == 1
    watched.monitor.take(watched.written(1))
    watched.monitor.check_progress()
    assert watched.monitor.notices() == ()


def test_a_release_that_cannot_be_made_is_a_notice(watched: Watched) -> None:
    """Its reason is logged once; the notice, which anybody may read, names no file."""
    failed = ReleaseFailed("/data/releases/2026-10.json is damaged")
    assert watched.events_of(failed, failed) == ["no release can be made now; it is tried again"]
    assert watched.monitor.notices() == ("no release can be made now; the log says why",)
    watched.monitor.take(Scheduled(1_800_000_000, None))
    assert watched.monitor.notices() == ()
