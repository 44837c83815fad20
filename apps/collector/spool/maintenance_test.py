"""Behaviour of `collector.spool.maintenance`, on a real file."""

import os
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from collector.errors import CommandFailed
from collector.records import AcceptedReport, Watermark
from collector.spool.maintenance import forget_in_spool
from collector.spool.writer import Spool
from collector.testing import DEADLINE_SECONDS


def report_of(cluster_id: str) -> AcceptedReport:
    encoded = b'{"version":"v1","timestamp":"0","clusterID":"%s"}' % cluster_id.encode()
    return AcceptedReport(cluster_id, 0, encoded, None)


def leave(path: Path, *, drained: str, waiting: str) -> None:
    """Leave a spool with 100 reports of a cluster that were drained, and one that waits."""
    with closing(Spool(path, clock=time.time, random_bytes=os.urandom)) as spool:
        for _ in range(100):
            spool.add(report_of(drained))
        spool.commit()
        spool.delete_through(Watermark(spool.spool_id, 100))
        spool.add(report_of(waiting))
        spool.commit()


def bytes_of(path: Path) -> bytes:
    return b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))


def test_what_was_drained_is_overwritten_too(tmp_path: Path) -> None:
    """The file no longer holds the bytes of the cluster's reports that had left the spool."""
    path = tmp_path / "spool.sqlite"
    leave(path, drained="cluster-to-forget", waiting="cluster-to-keep")
    assert b"cluster-to-forget" in bytes_of(path)
    forgotten = forget_in_spool(path, "cluster-to-forget", random_bytes=os.urandom)
    assert forgotten == 0
    assert b"cluster-to-forget" not in bytes_of(path)
    assert b"cluster-to-keep" in bytes_of(path)


def test_reports_that_wait_are_deleted_and_counted(tmp_path: Path) -> None:
    """A report that waits for the warehouse is gone from the file."""
    path = tmp_path / "spool.sqlite"
    leave(path, drained="other", waiting="cluster-to-forget")
    assert forget_in_spool(path, "cluster-to-forget", random_bytes=os.urandom) == 1
    assert b"cluster-to-forget" not in bytes_of(path)


def test_a_reader_is_waited_for_and_holds_up_no_writer(tmp_path: Path) -> None:
    """What a reader sees is in the log until the reader is gone; others can write meanwhile."""
    path = tmp_path / "spool.sqlite"
    leave(path, drained="other", waiting="cluster-to-forget")
    reader = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    with closing(reader):
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM reports").fetchall()
        waiting = threading.Timer(0.3, _write_and_end, [path, reader])
        waiting.start()
        assert forget_in_spool(path, "cluster-to-forget", random_bytes=os.urandom) == 1
        waiting.join(DEADLINE_SECONDS)
        assert not waiting.is_alive()
        assert b"cluster-to-forget" not in bytes_of(path)
    assert b"written-meanwhile" in bytes_of(path)


def _write_and_end(path: Path, reader: sqlite3.Connection) -> None:
    """Write to the spool while `reader` reads, and only then let it end."""
    with closing(Spool(path, clock=time.time, random_bytes=os.urandom)) as spool:
        spool.add(report_of("written-meanwhile"))
        spool.commit()
    reader.execute("COMMIT")


def test_a_damaged_report_is_an_error_of_the_command(tmp_path: Path) -> None:
    """What cannot be read cannot be searched: nothing is deleted, and the file is named."""
    path = tmp_path / "spool.sqlite"
    leave(path, drained="other", waiting="cluster-to-forget")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE reports SET compressed = x'00'")
        connection.commit()
    with pytest.raises(CommandFailed, match=str(path)):
        forget_in_spool(path, "cluster-to-forget", random_bytes=os.urandom)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM reports").fetchone() == (1,)
