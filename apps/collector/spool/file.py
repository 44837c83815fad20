"""The file of the spool: its format, and how a row holds a report.

A report is compressed, so that there is less to make durable: SQLite writes a row twice, to its log
and to its file, and a report repeats itself from node to node
(docs/decisions/0008-compressed-spool.md).
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final

import zstandard

from collector.disk import sqlite_file
from collector.disk.sqlite_file import FileFormat

SPOOL_ID: Final = "SELECT spool_id FROM spool"
"""The query for the random ID that was given to the spool when it was made."""

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


def open_reader(path: Path) -> sqlite3.Connection:
    """Open the spool at `path` for reading only. Raises `FileUnusable`."""
    return sqlite_file.open_reader(path, SPOOL)


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
