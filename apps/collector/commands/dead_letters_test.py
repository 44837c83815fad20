"""Behaviour of `collector dead-letters`, as a process."""

import json
import time
from contextlib import closing
from pathlib import Path

from collector.records import SpooledReport
from collector.testing import clusters_in, leave_drained, report_of, run_collector, spooled_in
from collector.warehouse.dead_letters import DEAD_LETTERS_FILE, DeadLetters


def add(data_dir: Path, *cluster_ids: str) -> None:
    with closing(DeadLetters(data_dir / DEAD_LETTERS_FILE, clock=time.time)) as letters:
        letters.add(
            (SpooledReport(1, f"{n:032x}", 3_600, json.dumps(report_of(each)).encode()), "bad")
            for n, each in enumerate(cluster_ids)
        )


def test_dead_letters_are_listed(tmp_path: Path) -> None:
    """A line each, with key, reason and hours; the report itself only when asked for."""
    where = ("--data-dir", str(tmp_path))
    assert run_collector("dead-letters", *where).stderr == b"0 dead letters\n"
    add(tmp_path, "one", "two")
    listed = run_collector("dead-letters", *where)
    assert listed.stderr == b"2 dead letters\n"
    first = json.loads(listed.stdout.splitlines()[0])
    assert (first["reportKey"], first["reason"]) == ("0" * 32, "bad")
    assert first["receivedAt"] == "1970-01-01T01:00:00Z"
    assert b'"one"' not in listed.stdout
    assert b'"one"' in run_collector("dead-letters", "--reports", *where).stdout


def test_dead_letters_are_sent_again(tmp_path: Path) -> None:
    """They are in the spool, once, and no longer among the dead letters; then in the folder."""
    leave_drained(tmp_path, "first")
    add(tmp_path, "one", "two")
    where = ("--data-dir", str(tmp_path))
    for _ in range(2):
        sent = run_collector("dead-letters", "--send", *where)
        assert sent.returncode == 0, sent.stderr
    assert spooled_in(tmp_path) == 2
    assert run_collector("dead-letters", *where).stderr == b"0 dead letters\n"
    assert run_collector("drain", *where).returncode == 0
    assert clusters_in(tmp_path) == ["first", "one", "two"]
