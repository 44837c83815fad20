"""Reports that a database will never take, with the reason: kept apart, so that the rest goes on.

A SQLite file in the data directory (docs/decisions/0005-dead-letters.md). The process that drains
the spool writes it; others may read it and forget in it meanwhile.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from msgspec import Struct

from collector.errors import FileUnusable, WarehouseUnavailable
from collector.records import SpooledReport

DEAD_LETTERS_FILE: Final = "dead-letters.sqlite"
RETENTION_SECONDS: Final = 30 * 24 * 3_600
APPLICATION_ID: Final = 0x53706B64  # "Spkd"
FORMAT_VERSION: Final = 1
_BUSY_SECONDS: Final = 10.0
_SECONDS_PER_HOUR: Final = 3_600

_PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",  # what is forgotten does not stay in free pages
)
_SCHEMA: Final = f"""
BEGIN IMMEDIATE;
CREATE TABLE dead_letters (
    report_key TEXT NOT NULL,
    database TEXT NOT NULL,
    reason TEXT NOT NULL,
    buried_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    encoded BLOB NOT NULL,
    PRIMARY KEY (report_key, database)
) WITHOUT ROWID;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {FORMAT_VERSION};
COMMIT;
"""


class DeadLetter(Struct, frozen=True):
    """A report, and the reason why the database `database` refused it.

    `buried_at` and `received_at` are hours in UNIX seconds. The reason may quote the report.
    """

    report_key: str
    database: str
    reason: str
    buried_at: int
    received_at: int
    encoded: bytes


class DeadLetters:
    """The dead letters of one data directory. Threads may share it."""

    def __init__(self, path: Path, *, clock: Callable[[], float]) -> None:
        """Open the file, or make it. `clock` gives UNIX seconds. Raises `FileUnusable`."""
        self._path: Final = path
        self._clock: Final = clock
        self._connection: Final = _open(path)
        self._taking_turns: Final = threading.Lock()
        self._expired_at = 0

    def bury(self, reports: Iterable[tuple[SpooledReport, str]], *, database: str) -> None:
        """Keep reports, each with its reason; on return they are on disk.

        One that is buried again, because its batch was repeated, stays once. Raises
        `WarehouseUnavailable` while the disk does not take them: they stay in the spool then.
        """
        now = self._hour()
        rows = [
            (each.report_key, database, reason, now, each.received_at, each.encoded)
            for each, reason in reports
        ]
        with self._transaction():
            self._connection.executemany(
                "INSERT OR REPLACE INTO dead_letters VALUES (?, ?, ?, ?, ?, ?)", rows
            )

    def expire(self) -> None:
        """Delete what has been here for longer than 30 days, if this hour nobody asked for it yet.

        Raises `WarehouseUnavailable`.
        """
        now = self._hour()
        if now != self._expired_at:
            with self._transaction():
                self._connection.execute(
                    "DELETE FROM dead_letters WHERE buried_at < ?", (now - RETENTION_SECONDS,)
                )
            self._expired_at = now

    def forget(self, cluster_id: str) -> int:
        """Delete the reports of a cluster, and return how many. Raises `WarehouseUnavailable`."""
        with self._transaction():
            return self._connection.execute(
                "DELETE FROM dead_letters"
                " WHERE json_extract(CAST(encoded AS TEXT), '$.clusterID') = ?",
                (cluster_id,),
            ).rowcount

    def __iter__(self) -> Iterator[DeadLetter]:
        rows = self._connection.execute(
            "SELECT report_key, database, reason, buried_at, received_at, encoded"
            " FROM dead_letters ORDER BY buried_at, report_key"
        )
        return (DeadLetter(*row) for row in rows)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _hour(self) -> int:
        return int(self._clock() // _SECONDS_PER_HOUR) * _SECONDS_PER_HOUR

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._taking_turns:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                with self._connection:  # commits, or rolls back
                    yield
            except sqlite3.Error as error:
                raise WarehouseUnavailable(f"{self._path} cannot be written: {error}") from error


def _open(path: Path) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(
            path, isolation_level=None, timeout=_BUSY_SECONDS, check_same_thread=False
        )
        found = [
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("application_id", "user_version")
        ]
        is_new = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0
        if not is_new and found != [APPLICATION_ID, FORMAT_VERSION]:
            raise FileUnusable(
                f"{path} is not a file of dead letters of format version {FORMAT_VERSION}; "
                "use the release that made it, or move it away and a new one is made"
            )
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        if is_new:
            connection.executescript(_SCHEMA)
    except sqlite3.Error as error:
        raise FileUnusable(
            f"{path} cannot be used as a file of dead letters ({error}); "
            "restore a copy of it, or move it away and a new one is made"
        ) from error
    return connection
