"""Behaviour of what the flags of serving ask for."""

import datetime as dt
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from collector.records import SpooledReport
from collector.testing import (
    RunningCollector,
    clusters_in,
    leave_drained,
    wait_until,
)
from collector.warehouse.dead_letters import DEAD_LETTERS_FILE, DeadLetters

DAY = 86_400


@contextmanager
def dead_letters_in(data_dir: Path, now: float) -> Iterator[DeadLetters]:
    with closing(DeadLetters(data_dir / DEAD_LETTERS_FILE, clock=lambda: now)) as dead_letters:
        yield dead_letters


def test_old_reports_are_deleted_by_a_running_collector(tmp_path: Path) -> None:
    """Reports older than --retention go, and dead letters after 30 days; the log says so."""
    leave_drained(tmp_path, "old")
    for key, days in (("old", 31), ("new", 29)):
        with dead_letters_in(tmp_path, time.time() - days * DAY) as dead_letters:
            dead_letters.add([(SpooledReport(1, key, 0, b"{}"), "refused")])
    today, old = (dt.datetime.now(dt.UTC) - dt.timedelta(days=each) for each in (0, 402))
    folder = tmp_path / "reports"
    old_folder = folder / old.date().isoformat()
    (folder / today.date().isoformat()).rename(old_folder)
    leave_drained(tmp_path, "new")
    with RunningCollector(tmp_path, "--retention", "400d") as collector:
        wait_until(lambda: "older than the retention" in str(collector.log))
        assert collector.stop() == 0
    assert clusters_in(tmp_path) == ["new"]
    with dead_letters_in(tmp_path, time.time()) as dead_letters:
        assert [each.report_key for each in dead_letters] == ["new"]
