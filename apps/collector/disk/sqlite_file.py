"""Opening a SQLite file of ours, without harm to a file that is not.

`application_id` says what a file is, `user_version` the version of its format
(https://www.sqlite.org/pragma.html). Both are written in the transaction that creates the tables,
so a file is either empty or complete.
"""

import os
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from collector.disk.errors import reason_of_sqlite
from collector.disk.files import open_private, refuse_links
from collector.errors import FileUnusable

_BUSY_SECONDS: Final = 30
_PAUSE_SECONDS: Final = 0.1
_JOURNAL: Final = "-journal"
_BESIDE: Final = ("-wal", "-shm", _JOURNAL)
_JOURNAL_MAGIC: Final = bytes.fromhex("d9d505f920a163d7")


@dataclass(frozen=True)
class FileFormat:
    """A kind of SQLite file: its `name` for people, its marks, and the statements that make it."""

    name: str
    application_id: int
    version: int
    schema: tuple[str, ...]
    pragmas: tuple[str, ...] = ()
    """What each connection that writes begins with, besides write-ahead log and full sync."""


def open_writer(
    path: Path, form: FileFormat, *parameters: tuple[object, ...]
) -> sqlite3.Connection:
    """Open the file at `path` for writing, or make it. Raises `FileUnusable`; it is unchanged then.

    Every commit on the connection is on disk when it returns. Threads may share the connection
    under a lock. `parameters` are those of the first statements of the schema.
    """
    is_new = _check(path, form)
    os.close(open_private(path))
    try:
        connection = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, timeout=_BUSY_SECONDS
        )
        for pragma in (
            *form.pragmas,
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = FULL",
        ):
            connection.execute(pragma)
        if is_new:
            _make(connection, form, parameters)
    except sqlite3.Error as error:
        raise FileUnusable(
            f"{path} cannot be opened as a {form.name}: {reason_of_sqlite(error)}"
        ) from error
    return connection


def open_reader(path: Path, form: FileFormat) -> sqlite3.Connection:
    """Open the file at `path` for reading only. Raises `FileUnusable`."""
    _refuse_links(path)
    try:
        connection = _connect_for_reading(path)
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.Error as error:
        raise FileUnusable(f"{path} cannot be read as a {form.name}: {error}") from error
    return connection


def remove_traces(connection: sqlite3.Connection, *, reader_seconds: float = 30.0) -> bool:
    """Rewrite the file without what was deleted, and empty its log.

    Waits so long for readers of the log; others can write meanwhile. Returns whether the log is
    empty. Raises `sqlite3.Error`.
    """
    connection.execute("VACUUM")
    try:
        # SQLite would hold the lock of writers while it waits.
        connection.execute("PRAGMA busy_timeout = 0")
        for _ in range(int(reader_seconds / _PAUSE_SECONDS)):
            if _empty_log(connection):
                return True
            time.sleep(_PAUSE_SECONDS)  # SQLite has no event for a reader that leaves the log
        return _empty_log(connection)
    finally:
        connection.execute(f"PRAGMA busy_timeout = {1_000 * _BUSY_SECONDS}")


def _empty_log(connection: sqlite3.Connection) -> bool:
    is_busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    return not is_busy


def _make(
    connection: sqlite3.Connection, form: FileFormat, parameters: tuple[tuple[object, ...], ...]
) -> None:
    given = (*parameters, *((),) * (len(form.schema) - len(parameters)))
    connection.execute("BEGIN IMMEDIATE")
    for statement, values in zip(form.schema, given, strict=True):
        connection.execute(statement, values)
    connection.execute(f"PRAGMA application_id = {form.application_id}")
    connection.execute(f"PRAGMA user_version = {form.version}")
    connection.execute("COMMIT")


def _connect_for_reading(path: Path) -> sqlite3.Connection:
    address = f"file:{quote(str(path.absolute()))}?mode=ro"
    return sqlite3.connect(address, uri=True, isolation_level=None, timeout=_BUSY_SECONDS)


def _refuse_links(path: Path) -> None:
    refuse_links(path, *(path.with_name(f"{path.name}{each}") for each in _BESIDE))


def _check(path: Path, form: FileFormat) -> bool:
    """Return whether the file has still to be made. Raises `FileUnusable` for anything else."""
    _refuse_links(path)
    try:
        if not path.exists() or path.stat().st_size == 0 or _was_empty(path):
            return True
        with closing(_connect_for_reading(path)) as connection:
            return _check_content(path, form, connection)
    except (OSError, sqlite3.Error) as error:
        raise FileUnusable(
            f"{path} is not a {form.name}, or is damaged ({error}); "
            "restore a copy of it, or move it away and a new one is made"
        ) from error


def _was_empty(path: Path) -> bool:
    """Return whether the program was killed in its first write: SQLite empties the file again.

    The header of a rollback journal has the number of pages before the write at offset 16
    (https://www.sqlite.org/fileformat2.html#the_rollback_journal).
    """
    journal = path.with_name(f"{path.name}{_JOURNAL}")
    if not journal.exists():
        return False
    with journal.open("rb") as file:
        header = file.read(20)
    return header[:8] == _JOURNAL_MAGIC and header[16:] == bytes(4)


def _check_content(path: Path, form: FileFormat, connection: sqlite3.Connection) -> bool:
    if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0:
        return True  # the program was stopped in the middle of making it
    if connection.execute("PRAGMA application_id").fetchone()[0] != form.application_id:
        raise FileUnusable(
            f"{path} is another program's file; move it away and a {form.name} is made"
        )
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version != form.version:
        raise FileUnusable(
            f"{path} has format version {version}, this collector knows {form.version}; "
            "use the release that made it, or a newer one"
        )
    if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise FileUnusable(
            f"{path} is damaged; restore a copy of it, or move it away and a new one is made"
        )
    return False
