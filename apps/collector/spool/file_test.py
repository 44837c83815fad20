"""Behaviour of `collector.spool.file`: files that are not ours are refused and left alone."""

import os
import sqlite3
import struct
from contextlib import closing
from pathlib import Path

import pytest

from collector.disk.sqlite_file import open_reader
from collector.errors import FileUnusable
from collector.spool.file import (
    SPOOL,
    open_writer,
)


def make(path: Path) -> None:
    open_writer(path, random_bytes=os.urandom).close()


def assert_refused(path: Path, words: str) -> None:
    before = path.read_bytes()
    with pytest.raises(FileUnusable, match=words) as refusal:
        make(path)
    assert str(path) in str(refusal.value)
    assert path.read_bytes() == before


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    """A file that is not a SQLite file is refused."""
    path = tmp_path / "spool.sqlite"
    path.write_bytes(b"hello, world " * 500)
    assert_refused(path, "is not a spool, or is damaged")


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    """A SQLite file without our mark is refused."""
    path = tmp_path / "spool.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE reports (anything)")
    assert_refused(path, "another program's file")


def test_a_newer_format_is_refused_by_name(tmp_path: Path) -> None:
    """A file of a later release is refused, with both versions named."""
    path = tmp_path / "spool.sqlite"
    make(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 5")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert_refused(path, "format version 5, this collector knows 4")


def test_a_damaged_spool_is_refused(tmp_path: Path) -> None:
    """A spool with pages overwritten is refused."""
    path = tmp_path / "spool.sqlite"
    make(path)
    content = bytearray(path.read_bytes())
    content[16_384 : 16_384 + 4_096] = os.urandom(4_096)
    path.write_bytes(content)
    assert_refused(path, "damaged")


def test_a_spool_without_tables_is_made(tmp_path: Path) -> None:
    """A file left by a collector that was killed at its first start is used."""
    path = tmp_path / "spool.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    make(path)
    with closing(open_reader(path, SPOOL)) as connection:
        assert connection.execute("PRAGMA application_id").fetchone() == (SPOOL.application_id,)


def test_a_spool_whose_first_write_was_cut_short_is_made(tmp_path: Path) -> None:
    """Half a page and the journal of a file that was empty are used, as SQLite would."""
    path = tmp_path / "spool.sqlite"
    make(path)
    path.write_bytes(path.read_bytes()[:8_192])
    header = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + struct.pack(">5I", 0, 1, 0, 512, 16_384)
    path.with_name("spool.sqlite-journal").write_bytes(header.ljust(512, b"\0"))
    make(path)
    with closing(open_reader(path, SPOOL)) as connection:
        assert connection.execute("SELECT count(*) FROM reports").fetchone() == (0,)


def test_a_path_with_odd_characters_works(tmp_path: Path) -> None:
    """Characters that mean something in a URI mean nothing in a path."""
    path = tmp_path / "a?b#c%20d e"
    make(path)
    open_reader(path, SPOOL).close()


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    """The connection of the drain refuses to change the spool."""
    path = tmp_path / "spool.sqlite"
    make(path)
    with closing(open_reader(path, SPOOL)) as connection, pytest.raises(sqlite3.OperationalError):
        connection.execute("DELETE FROM reports")


def test_a_missing_spool_cannot_be_read(tmp_path: Path) -> None:
    """A reader makes no file."""
    with pytest.raises(FileUnusable):
        open_reader(tmp_path / "spool.sqlite", SPOOL)
    assert not (tmp_path / "spool.sqlite").exists()
