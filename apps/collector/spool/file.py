"""The file of the spool: its format, how rows hold reports, and how the drain reads them.

A report is compressed, so that there is less to make durable: SQLite writes a row twice, to its log
and to its file, and a report repeats itself from node to node
(docs/decisions/0008-compressed-spool.md).
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Final

import zstandard

from collector.disk import sqlite_file
from collector.disk.sqlite_file import FileFormat
from collector.errors import FileUnusable
from collector.records import (
    AcceptedReport,
    Batch,
    BatchLimits,
    RowRange,
    SpooledReport,
    batches_of,
)

SPOOL_ID: Final = "SELECT spool_id FROM spool"
"""The query for the random ID that was given to the spool when it was made."""

FINGERPRINT: Final = "SELECT fingerprint FROM accepted_keys WHERE report_key = ?"
FORGET_KEYS: Final = (
    "DELETE FROM accepted_keys WHERE report_key IN"
    " (SELECT report_key FROM accepted_keys WHERE received_at < ? LIMIT ?)"
)
"""Deletes keys received before an hour, so many at most."""

_LAST_ID: Final = "SELECT seq FROM sqlite_sequence WHERE name = 'reports'"
# One query, because a report may be committed between two.
_FIRST_UNREAD: Final = (
    "SELECT ifnull(min(row_id), (SELECT seq + 1 FROM sqlite_sequence WHERE name = 'reports'))"
    " FROM reports"
)
_SPOOL_ID_BYTES: Final = 16
# The quick end of the scale: compressing more takes longer than writing what it saves.
_LEVEL: Final = -3

# AUTOINCREMENT: a plain rowid starts again once the table is empty, and a row whose ID is below
# the warehouse's watermark would be taken for one that the warehouse has already.
# `accepted_keys` outlives the rows, so that a late repeat is known.
SPOOL: Final = FileFormat(
    name="spool",
    application_id=0x53706B73,  # "Spks"
    version=4,
    pragmas=(
        # Large pages: each page costs a step when it is written, checkpointed and deleted.
        "PRAGMA page_size = 16384",
        "PRAGMA journal_size_limit = 16777216",  # a log that was large gives its room back
        "PRAGMA cache_size = -16000",  # KiB
        # Some builds of SQLite overwrite what is deleted, which costs as much as writing it; and
        # what is deleted here, the warehouse has.
        "PRAGMA secure_delete = OFF",
    ),
    schema=(
        "CREATE TABLE spool AS SELECT ? AS spool_id",
        """
        CREATE TABLE reports (
            row_id INTEGER PRIMARY KEY AUTOINCREMENT,
            report_key TEXT NOT NULL,
            received_at INTEGER NOT NULL,
            compressed BLOB NOT NULL
        )
        """,
        """
        CREATE TABLE accepted_keys (
            report_key TEXT NOT NULL PRIMARY KEY,
            fingerprint BLOB NOT NULL,
            received_at INTEGER NOT NULL,
            cluster_tag BLOB NOT NULL
        ) WITHOUT ROWID
        """,
        "CREATE INDEX accepted_keys_by_hour ON accepted_keys (received_at)",
        "INSERT INTO sqlite_sequence (name, seq) VALUES ('reports', 0)",
    ),
)


def open_writer(path: Path, *, random_bytes: Callable[[int], bytes]) -> sqlite3.Connection:
    """Open the spool at `path` for its writer, or make it. Raises `FileUnusable`."""
    return sqlite_file.open_writer(path, SPOOL, (random_bytes(_SPOOL_ID_BYTES).hex(),))


def insert(connection: sqlite3.Connection, accepted: AcceptedReport, compressed: bytes) -> int:
    """Add a report and, where the client gave one, its key; return the ID of its row."""
    if accepted.fingerprint is not None:
        key = (accepted.report_key, accepted.fingerprint, accepted.received_at)
        connection.execute(
            "INSERT INTO accepted_keys (report_key, fingerprint, received_at, cluster_tag)"
            " VALUES (?, ?, ?, ?)",
            (*key, accepted.cluster_tag),
        )
    row = connection.execute(
        "INSERT INTO reports (report_key, received_at, compressed) VALUES (?, ?, ?)",
        (accepted.report_key, accepted.received_at, compressed),
    )
    return row.lastrowid or 0


def measure_through(connection: sqlite3.Connection, last_id: int) -> tuple[int, int, int]:
    """Return count, compressed bytes and last ID of the rows through `last_id`."""
    count, size_bytes, last = connection.execute(
        "SELECT count(*), total(length(compressed)), ifnull(max(row_id), 0) FROM reports"
        " WHERE row_id <= ?",
        (last_id,),
    ).fetchone()
    return int(count), int(size_bytes), int(last)


class DamagedReport(ValueError):
    """What a row holds is not what was compressed."""


class ReportCompressor:
    """Compresses and decompresses reports. Each thread needs one of its own.

    A compressed report is a Zstandard frame with a checksum (RFC 8878, 3.1.1).
    """

    def __init__(self) -> None:
        self._compressor: Final = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
        self._decompressor: Final = zstandard.ZstdDecompressor()

    def compress(self, encoded: bytes) -> bytes:
        """Return a report of compact JSON as a row holds it."""
        return self._compressor.compress(encoded)

    def decompress(self, compressed: bytes) -> bytes:
        """Return the report that a row holds as compact JSON. Raises `DamagedReport`."""
        try:
            return self._decompressor.decompress(compressed)
        except zstandard.ZstdError as error:
            raise DamagedReport(str(error)) from error


class SpoolReader:
    """Reads a spool that another process writes. Every method raises `FileUnusable`."""

    def __init__(self, path: Path) -> None:
        """Open the spool. Raises `FileUnusable`."""
        self._path: Final = path
        self._connection: Final = sqlite_file.open_reader(path, SPOOL)
        self._compressor: Final = ReportCompressor()
        with self._query(SPOOL_ID) as rows:
            self.spool_id = str(rows.fetchone()[0])

    def read_after(self, row_id: int, *, through: int, limits: BatchLimits) -> Batch | None:
        """Return the oldest rows above `row_id` as a batch, None where there is none.

        None of them is above `through`, and all are of one day of receipt.
        """
        with self._rows(row_id + 1, through, limits.max_reports) as rows:
            reports = map(self._report_in, rows)
            return next(batches_of(reports, spool_id=self.spool_id, limits=limits), None)

    def read_range(self, rows: RowRange) -> Batch | None:
        """Return the rows of a pending batch, None where none is left."""
        with self._rows(rows.first, rows.last, -1) as found:
            reports = tuple(map(self._report_in, found))
        return Batch(self.spool_id, reports) if reports else None

    def first_unread(self) -> int:
        """Return the ID of the oldest row, or the one that the next row will get."""
        return self._number(_FIRST_UNREAD)

    def last_id(self) -> int:
        """Return the ID of the newest row that ever was, 0 where there was none."""
        return self._number(_LAST_ID)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _report_in(self, row: tuple[int, str, int, bytes]) -> SpooledReport:
        row_id, report_key, received_at, compressed = row
        try:
            encoded = self._compressor.decompress(compressed)
        except DamagedReport as error:
            raise FileUnusable(
                f"{self._path} is damaged: row {row_id} of its reports cannot be read ({error})"
            ) from error
        return SpooledReport(row_id, report_key, received_at, encoded)

    def _rows(self, first: int, last: int, at_most: int) -> AbstractContextManager[sqlite3.Cursor]:
        return self._query(
            "SELECT row_id, report_key, received_at, compressed FROM reports"
            " WHERE row_id BETWEEN ? AND ? ORDER BY row_id LIMIT ?",
            first,
            last,
            at_most,
        )

    def _number(self, sql: str) -> int:
        with self._query(sql) as rows:
            return int(rows.fetchone()[0])

    @contextmanager
    def _query(self, sql: str, *parameters: int) -> Iterator[sqlite3.Cursor]:
        try:
            # An open cursor would keep the writer's log from being reset.
            with closing(self._connection.execute(sql, parameters)) as rows:
                yield rows
        except sqlite3.Error as error:
            raise FileUnusable(f"{self._path} cannot be read: {error}") from error
