"""Behaviour of `collector.spool.writer` when the disk or the spool is full."""

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from collector.errors import SpoolFull, SpoolUnavailable
from collector.records import Watermark
from collector.spool.backlog import SpoolLimits
from collector.spool.testing import COMPRESSED_BYTES, LARGE, accepted, open_spool, read
from collector.spool.writer import Added, Spool


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """Fail this process's writes beyond `size` bytes of a file."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_loses_the_group_and_no_more(tmp_path: Path) -> None:
    """A commit fails when the disk is full and succeeds with room; what was committed stays."""
    with open_spool(tmp_path) as spool:
        spool.add(accepted("before"))
        spool.commit()
        with full_disk(200_000), pytest.raises(SpoolUnavailable):
            _fill(spool)
        spool.check_writable()
        spool.add(accepted("after"))
        spool.commit()
    with closing(sqlite3.connect(tmp_path / "spool.sqlite")) as connection:
        keys = connection.execute("SELECT report_key FROM reports").fetchall()
    assert ("before",) in keys
    assert ("after",) in keys
    assert ("lost",) not in keys


def _fill(spool: Spool) -> None:
    for _ in range(100):
        spool.add(accepted("lost", encoded=LARGE))
        spool.commit()


def test_a_failed_add_fails_the_commit_of_its_group(tmp_path: Path) -> None:
    """Reports that were added before the disk was full are not acknowledged either."""
    with open_spool(tmp_path) as spool:
        with full_disk(200_000):
            spool.add(accepted("early"))
            with pytest.raises(SpoolUnavailable):
                _add_until_full(spool)
        with pytest.raises(SpoolUnavailable) as failure:
            spool.commit()
        assert failure.value.reason.startswith(f"{tmp_path}/spool.sqlite cannot be written: ")
        spool.add(accepted("later"))
        spool.commit()
    with closing(sqlite3.connect(tmp_path / "spool.sqlite")) as connection:
        assert connection.execute("SELECT report_key FROM reports").fetchall() == [("later",)]


def _add_until_full(spool: Spool) -> None:
    for _ in range(200):
        spool.add(accepted("lost", encoded=LARGE))


def test_a_full_spool_keeps_what_it_has(tmp_path: Path) -> None:
    """At the limit a report is refused, the others of its group are stored, repeats are known."""
    with open_spool(tmp_path, limits=SpoolLimits(max_bytes=2 * COMPRESSED_BYTES)) as spool:
        for key in ("a", "b"):
            spool.add(accepted(key, fingerprint=b"f"))
        with pytest.raises(SpoolFull):
            spool.add(accepted("c", fingerprint=b"f"))
        assert spool.commit() == 2
        assert spool.add(accepted("a", fingerprint=b"f")) is Added.REPEATED
        with pytest.raises(SpoolFull):
            spool.add(accepted("c", fingerprint=b"f"))
        assert spool.commit() == 0
        assert "the spool is full" in str(spool.full())
        spool.delete_through(Watermark(spool.spool_id, 1))
        assert spool.full() is None
        assert spool.add(accepted("c", fingerprint=b"f")) is Added.STORED
        assert spool.commit() == 1
    assert read(tmp_path) == [2, 3]


def test_a_disk_that_fills_up_takes_no_report(tmp_path: Path) -> None:
    """The free bytes of the disk are checked in each group."""
    free = [50 + COMPRESSED_BYTES - 1]
    limits = SpoolLimits(min_free_bytes=50)
    with open_spool(tmp_path, limits=limits, free_bytes=lambda _: free[0]) as spool:
        assert spool.full() is None
        spool.add(accepted("a"))
        with pytest.raises(SpoolFull):  # the first of the group will take that room
            spool.add(accepted("b"))
        assert spool.commit() == 1
        free[0] = 49
        assert "the disk is full" in str(spool.full())
        with pytest.raises(SpoolFull):
            spool.add(accepted("b"))
        free[0] = 50
        spool.commit()
        spool.add(accepted("b"))
        assert spool.commit() == 1
