"""Files that the collector cannot use at start: it says which and what to do, and touches none."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from collector.testing import run_collector


def damaged(path: Path) -> None:
    path.write_bytes(b"no database at all, but more than a header of one. " * 1_000)


def foreign_spool(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE bookmarks (address TEXT)")


def foreign_duckdb(path: Path) -> None:
    with closing(duckdb.connect(path)) as connection:
        connection.execute("CREATE TABLE bookmarks (address TEXT)")


def newer_spool(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE spool (spool_id TEXT)")
        connection.execute("PRAGMA application_id = 0x53706B73")
        connection.execute("PRAGMA user_version = 99")


def newer_duckdb(path: Path) -> None:
    with closing(duckdb.connect(path)) as connection:
        for table in ("reports", "watermarks", "format"):
            connection.execute(f"CREATE TABLE {table} (version INTEGER)")
        connection.execute("INSERT INTO format VALUES (99)")


@pytest.mark.parametrize(
    ("name", "make", "advice"),
    [
        ("spool.sqlite", damaged, "move it away"),
        ("spool.sqlite", foreign_spool, "move it away"),
        ("spool.sqlite", newer_spool, "use the release that made it"),
        ("reports.duckdb", damaged, "move it away"),
        ("reports.duckdb", foreign_duckdb, "give another path"),
        ("reports.duckdb", newer_duckdb, "use the release that made it"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_and_not_touched(
    tmp_path: Path, name: str, make: Callable[[Path], None], advice: str
) -> None:
    """The collector ends with one line that names the file and says what to do."""
    path = tmp_path / name
    make(path)
    before = path.read_bytes()
    outcome = run_collector("--port", "0", "--data-dir", str(tmp_path))
    log = outcome.stderr.decode()
    last_line = log.splitlines()[-1]
    assert outcome.returncode == 1
    assert outcome.stdout == b""
    assert str(path) in last_line
    assert advice in last_line
    assert "Traceback" not in log
    assert path.read_bytes() == before
