"""Reading the spool from the process that drains it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from collector.errors import FileUnusable
from collector.records import Batch, RowRange, SpooledReport
from collector.spool.file import DamagedReport, ReportCompressor, open_reader, read_spool_id
from collector.warehouse import BatchLimits


class SpoolReader:
    """Reads a spool that another process writes. Never changes it."""

    def __init__(self, path: Path) -> None:
        """Open the spool. Raises `FileUnusable`."""
        self._path: Final = path
        self._connection = open_reader(path)
        self._spool_id: Final = read_spool_id(self._connection)
        self._compressor: Final = ReportCompressor()

    @property
    def spool_id(self) -> str:
        """The spool's random ID."""
        return self._spool_id

    def read_after(self, row_id: int, *, through: int, limits: BatchLimits) -> Batch | None:
        """Return the oldest rows above `row_id` as a batch, None where there is none.

        None of them is above `through`, and all are of one day of receipt.
        Raises `FileUnusable`.
        """
        reports: list[SpooledReport] = []
        size = 0
        with self._rows(row_id + 1, through, limits.max_reports) as rows:
            for row in rows:
                spooled = self._report_in(row)
                if reports and spooled.day != reports[0].day:
                    break
                reports.append(spooled)
                size += len(spooled.encoded)
                if size >= limits.max_bytes:
                    break
        return Batch(self._spool_id, tuple(reports)) if reports else None

    def read_range(self, rows: RowRange) -> Batch | None:
        """Return the rows of a pending batch, None where none is left.

        Raises `FileUnusable`.
        """
        with self._rows(rows.first, rows.last, -1) as found:
            reports = tuple(map(self._report_in, found))
        return Batch(self._spool_id, reports) if reports else None

    def first_unread(self) -> int:
        """Return the ID of the oldest row, or the one that the next row will get."""
        oldest, newest = self._connection.execute(
            "SELECT (SELECT min(row_id) FROM reports),"
            " (SELECT seq FROM sqlite_sequence WHERE name = 'reports')"
        ).fetchone()
        return int(newest) + 1 if oldest is None else int(oldest)

    def last_id(self) -> int:
        """Return the ID of the newest row that ever was, 0 where there was none."""
        row = self._connection.execute(
            "SELECT seq FROM sqlite_sequence WHERE name = 'reports'"
        ).fetchone()
        return int(row[0])

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

    @contextmanager
    def _rows(self, first: int, last: int, at_most: int) -> Iterator[sqlite3.Cursor]:
        try:
            rows = self._connection.execute(
                "SELECT row_id, report_key, received_at, compressed FROM reports"
                " WHERE row_id BETWEEN ? AND ? ORDER BY row_id LIMIT ?",
                (first, last, at_most),
            )
            with closing(rows):  # an open cursor would keep the writer's log from being reset
                yield rows
        except sqlite3.Error as error:
            raise FileUnusable(f"{self._path} cannot be read: {error}") from error
