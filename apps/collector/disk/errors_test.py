"""Behaviour of `collector.disk.errors`."""

import errno
import os
import sqlite3
from contextlib import closing

import pytest

from collector.disk.errors import reason_of, reason_of_sqlite


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (errno.ENOSPC, "No space left on device; make room on that file system"),
        (errno.EROFS, "Read-only file system; make that file system writable"),
        (errno.ENOTDIR, "Not a directory"),
    ],
)
def test_what_the_system_refuses_comes_with_a_remedy(number: int, text: str) -> None:
    """The system's text, and the remedy where one is known."""
    assert reason_of(OSError(number, os.strerror(number))) == text


def test_what_sqlite_refuses_comes_with_a_remedy() -> None:
    """SQLite reports a database that may not grow as a full disk."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("PRAGMA max_page_count = 2")
        connection.execute("CREATE TABLE t (x)")
        with pytest.raises(sqlite3.Error) as full:
            connection.execute("INSERT INTO t VALUES (zeroblob(100000))")
    assert reason_of_sqlite(full.value) == (
        "database or disk is full; make room on that file system"
    )
    assert reason_of_sqlite(sqlite3.ProgrammingError("closed")) == "closed"
