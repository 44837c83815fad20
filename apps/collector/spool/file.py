"""The file of the spool: its format, and opening it without harming what is not ours.

SQLite in WAL mode. `application_id` marks the file as a spool, `user_version` is the version of
its format (https://www.sqlite.org/pragma.html). Both are written in the transaction that creates
the tables, so a file is either empty or complete.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

from collector.errors import FileUnusable

APPLICATION_ID: Final = 0x53706B73  # "Spks"
FORMAT_VERSION: Final = 2
_VERSION_WITH_PLAIN_ROWS: Final = 1
_SPOOL_ID_BYTES: Final = 16
_BUSY_SECONDS: Final = 10.0

# Large pages: each page costs a step when it is written, checkpointed and deleted.
_PRAGMAS: Final = (
    "PRAGMA page_size = 16384",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA cache_size = -16000",  # KiB
    # Some builds of SQLite overwrite what is deleted, which costs as much as writing it; and what
    # is deleted here, the database has.
    "PRAGMA secure_delete = OFF",
)

# AUTOINCREMENT: a plain rowid starts again once the table is empty, and a row whose ID is below
# the database's watermark would be taken for one that the database has already.
# `accepted_keys` outlives the rows, so that a late repeat is known.
_SCHEMA: Final = """
BEGIN IMMEDIATE;
CREATE TABLE spool (spool_id TEXT NOT NULL);
CREATE TABLE reports (
    row_id INTEGER PRIMARY KEY AUTOINCREMENT,
    report_key TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    packed BLOB NOT NULL
);
CREATE TABLE accepted_keys (
    report_key TEXT NOT NULL PRIMARY KEY,
    fingerprint BLOB NOT NULL,
    received_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX accepted_keys_by_hour ON accepted_keys (received_at);
INSERT INTO sqlite_sequence (name, seq) VALUES ('reports', 0);
INSERT INTO spool (spool_id) VALUES ('{spool_id}');
PRAGMA application_id = {application_id};
PRAGMA user_version = {format_version};
COMMIT;
"""

# Rows that wait stay plain, and are read as such: see `collector.spool.packing`.
_UPGRADE: Final = f"""
BEGIN IMMEDIATE;
ALTER TABLE reports RENAME COLUMN encoded TO packed;
PRAGMA user_version = {FORMAT_VERSION};
COMMIT;
"""


def open_writer(path: Path, *, random_bytes: Callable[[int], bytes]) -> sqlite3.Connection:
    """Open the spool at `path` for its one writer; make or upgrade it where that is needed.

    Every commit on the connection is on disk when it returns. Threads may share the connection
    if they take turns. Raises `FileUnusable`, and then has not changed the file.
    """
    version = _check(path)
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        if version is None:
            spool_id = random_bytes(_SPOOL_ID_BYTES).hex()
            connection.executescript(
                _SCHEMA.format(
                    spool_id=spool_id,
                    application_id=APPLICATION_ID,
                    format_version=FORMAT_VERSION,
                )
            )
        elif version == _VERSION_WITH_PLAIN_ROWS:
            connection.executescript(_UPGRADE)
    except sqlite3.Error as error:
        raise FileUnusable(f"{path} cannot be opened as a spool: {error}") from error
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """Open the spool at `path` for reading only. Raises `FileUnusable`."""
    try:
        connection = _connect_for_reading(path)
        connection.execute("SELECT spool_id FROM spool").fetchone()
    except sqlite3.Error as error:
        raise FileUnusable(f"{path} cannot be read as a spool: {error}") from error
    return connection


def read_spool_id(connection: sqlite3.Connection) -> str:
    """Return the random ID that was given to the spool when it was made."""
    return str(connection.execute("SELECT spool_id FROM spool").fetchone()[0])


def _connect_for_reading(path: Path) -> sqlite3.Connection:
    address = f"file:{quote(str(path.absolute()))}?mode=ro"
    return sqlite3.connect(address, uri=True, isolation_level=None, timeout=_BUSY_SECONDS)


def _check(path: Path) -> int | None:
    """Return the format version of the spool at `path`, None where there is none yet.

    Raises `FileUnusable` for anything else.
    """
    try:
        if not path.exists() or path.stat().st_size == 0:
            return None
        with closing(_connect_for_reading(path)) as connection:
            return _check_content(path, connection)
    except (OSError, sqlite3.Error) as error:
        raise FileUnusable(
            f"{path} is not a spool, or is damaged ({error}); "
            "restore a copy of it, or move it away and a new one is made"
        ) from error


def _check_content(path: Path, connection: sqlite3.Connection) -> int | None:
    if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0:
        return None  # the collector was stopped in the middle of making it
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise FileUnusable(f"{path} is another program's file; move it away and a spool is made")
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version not in {_VERSION_WITH_PLAIN_ROWS, FORMAT_VERSION}:
        raise FileUnusable(
            f"{path} has format version {version}, this collector knows {FORMAT_VERSION}; "
            "use the release that made it, or a newer one"
        )
    finding = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if finding != "ok":
        raise FileUnusable(
            f"{path} is damaged; restore a copy of it, or move it away and a new one is made"
        )
    return version
