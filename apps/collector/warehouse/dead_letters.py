"""Reports that a warehouse will never take, with the reason: kept apart, so that the rest goes on.

A SQLite file in the data directory (docs/decisions/0005-dead-letters.md). The process that drains
the spool writes it; others may read it and forget in it meanwhile.
"""

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from msgspec import Struct

from collector.disk import sqlite_file
from collector.disk.errors import reason_of_sqlite
from collector.disk.sqlite_file import FileFormat
from collector.errors import FileUnusable, WarehouseUnavailable
from collector.records import SpooledReport

DEAD_LETTERS_FILE: Final = "dead-letters.sqlite"
RETENTION_SECONDS: Final = 30 * 24 * 3_600
_SECONDS_PER_HOUR: Final = 3_600

# AUTOINCREMENT: a letter that is replaced gets a number of its own, so that what was read of the
# older one does not remove the newer.
FORMAT: Final = FileFormat(
    name="file of dead letters",
    application_id=0x53706B64,  # "Spkd"
    version=2,
    pragmas=("PRAGMA secure_delete = ON",),  # what is forgotten does not stay in free pages
    schema=(
        """
        CREATE TABLE dead_letters (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            report_key TEXT NOT NULL UNIQUE,
            reason TEXT NOT NULL,
            refused_at INTEGER NOT NULL,
            received_at INTEGER NOT NULL,
            encoded BLOB NOT NULL
        )
        """,
    ),
)


def count_dead_letters(path: Path) -> int:
    """Return the number of dead letters in the file at `path`; 0 where there is no such file yet.

    For others than the drain, which writes it: a moment when it cannot be read counts as 0.
    """
    try:
        with closing(sqlite_file.open_reader(path, FORMAT)) as connection:
            return int(connection.execute("SELECT count(*) FROM dead_letters").fetchone()[0])
    except (FileUnusable, sqlite3.Error):
        return 0


def add_dead_letter(path: Path, report: SpooledReport, reason: str) -> None:
    """Keep a report, with the reason, in the file at `path`. Raises as `DeadLetters` does."""
    with closing(DeadLetters(path, clock=time.time)) as letters:
        letters.add([(report, reason)])


class DeadLetter(Struct, frozen=True):
    """A report, and the reason why a warehouse refused it, which may quote the report.

    `number` is its own forever. `refused_at` and `received_at` are hours in UNIX seconds.
    """

    number: int
    report_key: str
    reason: str
    refused_at: int
    received_at: int
    encoded: bytes


class DeadLetters:
    """The dead letters of one data directory, for one thread."""

    def __init__(self, path: Path, *, clock: Callable[[], float]) -> None:
        """Open the file, or make it. `clock` gives UNIX seconds. Raises `FileUnusable`."""
        self._path: Final = path
        self._clock: Final = clock
        self._connection: Final = sqlite_file.open_writer(path, FORMAT)

    def add(self, reports: Iterable[tuple[SpooledReport, str]]) -> None:
        """Keep reports, each with its reason; on return they are on disk.

        One that is there already, because its batch was repeated, is replaced. Raises
        `WarehouseUnavailable` while the disk does not take them: they stay in the spool then.
        """
        now = self._hour()
        rows = [
            (each.report_key, reason, now, each.received_at, each.encoded)
            for each, reason in reports
        ]
        with self._transaction():
            self._connection.executemany(
                "INSERT OR REPLACE INTO dead_letters"
                " (report_key, reason, refused_at, received_at, encoded) VALUES (?, ?, ?, ?, ?)",
                rows,
            )

    def remove(self, letters: Iterable[DeadLetter]) -> None:
        """Delete letters that a warehouse has taken since. Raises `WarehouseUnavailable`."""
        with self._transaction():
            self._connection.executemany(
                "DELETE FROM dead_letters WHERE number = ?", [(each.number,) for each in letters]
            )

    def expire(self) -> None:
        """Delete what has been here for longer than 30 days. Raises `WarehouseUnavailable`."""
        oldest = self._hour() - RETENTION_SECONDS
        with self._transaction():
            self._connection.execute("DELETE FROM dead_letters WHERE refused_at < ?", (oldest,))

    def forget(self, cluster_id: str) -> int:
        """Delete the reports of a cluster, all traces of them in the file, and return how many.

        Raises `WarehouseUnavailable`.
        """
        with self._transaction():
            removed = self._connection.execute(
                "DELETE FROM dead_letters"
                " WHERE json_extract(CAST(encoded AS TEXT), '$.clusterID') = ?",
                (cluster_id,),
            ).rowcount
        with self._errors():
            if not sqlite_file.remove_traces(self._connection):
                raise WarehouseUnavailable(
                    f"{self._path} is in use, and its log cannot be emptied; try again"
                )
        return removed

    def __iter__(self) -> Iterator[DeadLetter]:
        rows = self._connection.execute(
            "SELECT number, report_key, reason, refused_at, received_at, encoded"
            " FROM dead_letters ORDER BY number"
        )
        return (DeadLetter(*row) for row in rows)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _hour(self) -> int:
        return int(self._clock() // _SECONDS_PER_HOUR) * _SECONDS_PER_HOUR

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._errors():
            self._connection.execute("BEGIN IMMEDIATE")
            with self._connection:  # commits, or rolls back
                yield

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise WarehouseUnavailable(
                f"{self._path} cannot be written: {reason_of_sqlite(error)}"
            ) from error
