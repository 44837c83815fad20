"""Reading a spool of real files."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from collector.errors import FileUnusable
from collector.records import BatchLimits, RowRange, Watermark
from collector.spool.file import SpoolReader
from collector.spool.testing import HOUR, NOON, accepted, open_spool, read


def test_a_batch_is_bounded_by_rows_and_bytes(tmp_path: Path) -> None:
    """A batch has at most the rows asked for, ends once it has the bytes, and is not empty."""
    with open_spool(tmp_path) as spool:
        for number in range(5):
            spool.add(accepted(f"k{number}", encoded=b"{%98d}" % number))
        spool.commit()
    assert read(tmp_path, 1, most=2) == [2, 3]
    assert read(tmp_path, 0, size=150) == [1, 2]
    assert read(tmp_path, 4, size=1) == [5]
    assert read(tmp_path, 5) == []


def test_a_batch_is_of_one_day(tmp_path: Path) -> None:
    """A batch ends where the day of receipt changes, either way, and at the last row asked for."""
    hours = (NOON, NOON + 12 * HOUR, NOON + 13 * HOUR, NOON)
    with open_spool(tmp_path) as spool:
        for number, hour in enumerate(hours):
            spool.add(accepted(f"k{number}", at=hour))
        spool.commit()
    assert [read(tmp_path, after) for after in range(4)] == [[1], [2, 3], [3], [4]]
    with closing(SpoolReader(tmp_path / "spool.sqlite")) as reader:
        batch = reader.read_after(1, through=2, limits=BatchLimits(10, 1_000))
    assert batch is not None
    assert batch.rows == RowRange(2, 2)


def test_the_rows_of_a_batch_can_be_read_again(tmp_path: Path) -> None:
    """What is left of a range of rows is one batch; nothing left is no batch."""
    with open_spool(tmp_path) as spool:
        for number in range(5):
            spool.add(accepted(f"k{number}"))
        spool.commit()
        spool.delete_through(Watermark(spool.spool_id, 2))
    with closing(SpoolReader(tmp_path / "spool.sqlite")) as reader:
        batch = reader.read_range(RowRange(1, 4))
        assert batch is not None
        assert batch.rows == RowRange(3, 4)
        assert reader.read_range(RowRange(1, 2)) is None


def test_a_damaged_row_is_named(tmp_path: Path) -> None:
    """The error for a row that cannot be decompressed names the row."""
    with open_spool(tmp_path) as spool:
        spool.add(accepted())
        spool.commit()
    with closing(sqlite3.connect(tmp_path / "spool.sqlite")) as connection:
        connection.execute("UPDATE reports SET compressed = substr(compressed, 1, 12)")
        connection.commit()
    with pytest.raises(FileUnusable, match=r"spool\.sqlite is damaged: row 1 "):
        read(tmp_path)


def test_the_oldest_unread_row_is_known(tmp_path: Path) -> None:
    """It is the first row, or the next one when the spool is empty."""
    with open_spool(tmp_path) as spool:
        for key in ("k1", "k2"):
            spool.add(accepted(key))
        spool.commit()
        with closing(SpoolReader(tmp_path / "spool.sqlite")) as reader:
            assert reader.first_unread() == 1
            spool.delete_through(Watermark(spool.spool_id, 1))
            assert reader.first_unread() == 2
            spool.delete_through(Watermark(spool.spool_id, 2))
            assert reader.first_unread() == 3


def test_a_spool_that_cannot_be_read_is_one_clear_error(tmp_path: Path) -> None:
    """Whatever SQLite reports, the error names the file."""
    with open_spool(tmp_path):
        path = tmp_path / "spool.sqlite"
    with closing(SpoolReader(path)) as reader:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("DROP TABLE reports")
        with pytest.raises(FileUnusable, match=f"{path} cannot be read: "):
            reader.first_unread()
