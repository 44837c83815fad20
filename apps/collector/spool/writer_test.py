"""Behaviour of `collector.spool.writer`, on real files."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.errors import IdempotencyKeyReused
from collector.records import Batch, BatchLimits, Watermark
from collector.spool.backlog import Backlog
from collector.spool.file import SpoolReader
from collector.spool.testing import (
    COMPRESSED_BYTES,
    HOUR,
    LARGE,
    NOON,
    SetClock,
    accepted,
    open_spool,
    read,
)
from collector.spool.writer import KEYS_REMEMBERED_SECONDS, Added, Spool


def test_a_committed_report_can_be_read(tmp_path: Path) -> None:
    """The reader gets what was committed, as it was added."""
    with open_spool(tmp_path) as spool:
        assert spool.add(accepted("k1", encoded=b'{"a":1}')) is Added.STORED
        spool.commit()
        with closing(SpoolReader(tmp_path / "spool.sqlite")) as reader:
            batch = reader.read_after(0, through=9, limits=BatchLimits(10, 10))
    assert isinstance(batch, Batch)
    assert batch.watermark == Watermark(spool.spool_id, 1)
    assert (batch.reports[0].report_key, batch.reports[0].received_at) == ("k1", NOON)
    assert batch.reports[0].encoded == b'{"a":1}'


def test_what_was_not_committed_is_not_there(tmp_path: Path) -> None:
    """A group that was added and not committed is gone after closing."""
    with open_spool(tmp_path) as spool:
        spool.add(accepted())
        assert read(tmp_path) == []
    assert read(tmp_path) == []


def test_ids_are_never_reused(tmp_path: Path) -> None:
    """A row added to a spool that was emptied and opened again has a new ID."""
    with open_spool(tmp_path) as spool:
        spool.add(accepted())
        spool.commit()
        spool.delete_through(Watermark(spool.spool_id, 1))
    with open_spool(tmp_path) as spool:
        spool.add(accepted())
        spool.commit()
    assert read(tmp_path) == [2]


def test_the_spool_id_stays(tmp_path: Path) -> None:
    """A spool keeps its ID; another spool has another."""
    with open_spool(tmp_path) as spool:
        first = spool.spool_id
    with open_spool(tmp_path) as spool:
        assert spool.spool_id == first
    (tmp_path / "other").mkdir()
    with open_spool(tmp_path / "other") as spool:
        assert spool.spool_id != first


def test_a_watermark_of_another_spool_deletes_nothing(tmp_path: Path) -> None:
    """Rows are deleted only under the ID of their own spool."""
    with open_spool(tmp_path) as spool:
        spool.add(accepted())
        spool.commit()
        spool.delete_through(Watermark("another", 10))
        assert read(tmp_path) == [1]
        spool.delete_through(Watermark(spool.spool_id, 10))
        assert read(tmp_path) == []


def test_a_repeat_is_stored_once(tmp_path: Path) -> None:
    """A key with the same report again is known: in its group, later, and once drained."""
    report = accepted(fingerprint=b"f" * 16)
    with open_spool(tmp_path) as spool:
        assert [spool.add(report), spool.add(report)] == [Added.STORED, Added.REPEATED]
        spool.commit()
        spool.delete_through(Watermark(spool.spool_id, 1))
        assert spool.add(report) is Added.REPEATED
        spool.commit()
    assert read(tmp_path) == []


def test_a_key_with_another_report_is_refused(tmp_path: Path) -> None:
    """A reused key leaves the rest of the group as it is."""
    with open_spool(tmp_path) as spool:
        spool.add(accepted("k1", fingerprint=b"f" * 16))
        with pytest.raises(IdempotencyKeyReused):
            spool.add(accepted("k1", fingerprint=b"g" * 16))
        spool.add(accepted("k2"))
        spool.commit()
    assert read(tmp_path) == [1, 2]


@pytest.mark.parametrize(("age_hours", "outcome"), [(47.9, Added.REPEATED), (49.1, Added.STORED)])
def test_a_key_is_remembered_for_48_hours(tmp_path: Path, age_hours: float, outcome: Added) -> None:
    """A key is known for 48 hours after its report, and forgotten within about an hour more."""
    clock = SetClock()
    report = accepted(fingerprint=b"f" * 16, at=int(clock.now))
    with open_spool(tmp_path, clock) as spool:
        spool.add(report)
        spool.commit()
        clock.now += age_hours * HOUR
        spool.delete_through(Watermark(spool.spool_id, 1))
        assert spool.add(report) is outcome
        spool.commit()
    assert KEYS_REMEMBERED_SECONDS == 48 * HOUR


def test_new_reports_are_numbered_above_the_watermark(tmp_path: Path) -> None:
    """A spool older than the warehouse gives out no ID that the warehouse has passed."""
    with open_spool(tmp_path) as spool:
        assert spool.number_above(Watermark(spool.spool_id, 40))
        assert not spool.number_above(Watermark(spool.spool_id, 7))
        assert not spool.number_above(Watermark("another", 90))
        spool.add(accepted())
        spool.commit()
    assert read(tmp_path) == [41]


def test_each_commit_is_synchronous(tmp_path: Path) -> None:
    """The writer's connection makes every commit wait for the disk, also after a deletion."""
    with open_spool(tmp_path) as spool:
        spool.add(accepted())
        spool.commit()
        spool.delete_through(Watermark(spool.spool_id, 1))
        level = spool._connection.execute("PRAGMA synchronous").fetchone()  # noqa: SLF001 - no other way to see it
    assert level == (2,)


def fill(spool: Spool, count: int) -> None:
    """Make a spool large by so many rows, and add one more."""
    for _ in range(count):
        spool.add(accepted(encoded=LARGE))
    spool.commit()
    spool.add(accepted("left"))
    spool.commit()


def test_a_spool_that_was_large_shrinks(tmp_path: Path) -> None:
    """Once the rows that made the file large are gone it is short again, and the others stay."""
    count = 250
    with open_spool(tmp_path) as spool:
        fill(spool, count)
        path = tmp_path / "spool.sqlite"
        spool.delete_through(Watermark(spool.spool_id, 1))
        large = path.stat().st_size
        assert large > 64 * 1024 * 1024
        spool.delete_through(Watermark(spool.spool_id, count))
        assert path.stat().st_size < large // 50
        assert path.with_name("spool.sqlite-wal").stat().st_size == 0
        assert spool.backlog().reports == 1
        with closing(SpoolReader(path)) as reader:
            assert (reader.first_unread(), reader.last_id()) == (count + 1, count + 1)


def test_a_reader_does_not_hold_up_what_shrinks(tmp_path: Path) -> None:
    """Deleting waits for no reader, because the thread that serves would wait as well."""
    with open_spool(tmp_path) as spool:
        fill(spool, 250)
        with closing(sqlite3.connect(tmp_path / "spool.sqlite", isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM reports").fetchone()
            began = time.monotonic()
            spool.delete_through(Watermark(spool.spool_id, 250))
            assert time.monotonic() - began < 15  # SQLite would wait for 30 seconds
        assert spool.backlog().reports == 1


@given(sizes=st.lists(st.integers(0, 6), max_size=6), drained=st.integers(0, 30))
def test_rows_above_the_watermark_stay(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], drained: int
) -> None:
    """Whatever was committed in whatever groups, exactly the rows above the watermark remain."""
    directory = tmp_path_factory.mktemp("spool")
    with open_spool(directory) as spool:
        for size in sizes:
            for _ in range(size):
                spool.add(accepted())
            spool.commit()
        spool.delete_through(Watermark(spool.spool_id, drained))
    assert read(directory) == list(range(drained + 1, sum(sizes) + 1))


def test_a_group_of_new_reports_is_counted(tmp_path: Path) -> None:
    """A commit returns how many reports it added, without repeats."""
    with open_spool(tmp_path) as spool:
        assert spool.commit() == 0
        for _ in range(2):
            spool.add(accepted(fingerprint=b"f"))
        assert spool.commit() == 1
        assert spool.add(accepted(fingerprint=b"f")) is Added.REPEATED
        assert spool.commit() == 0


def test_the_backlog_is_known_after_a_restart(tmp_path: Path) -> None:
    """What waits is counted when the spool is opened."""
    clock = SetClock()
    with open_spool(tmp_path, clock) as spool:
        for key in ("a", "b", "c"):
            spool.add(accepted(key))
        spool.commit()
        clock.now += 7
        assert spool.backlog() == Backlog(3, 3 * COMPRESSED_BYTES, 7.0)
    with open_spool(tmp_path, clock) as spool:
        assert spool.backlog() == Backlog(3, 3 * COMPRESSED_BYTES, 0.0)
        spool.delete_through(Watermark(spool.spool_id, 2))
        assert spool.backlog() == Backlog(1, COMPRESSED_BYTES, 0.0)
    with open_spool(tmp_path, clock) as spool:
        spool.delete_through(Watermark(spool.spool_id, 3))
        clock.now += 7
        assert spool.backlog() == Backlog(0, 0, 0.0)
