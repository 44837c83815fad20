"""Reading the spool, in the process that drains it."""

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Final

from collector.errors import FileUnusable
from collector.records import Batch, RowRange, SpooledReport
from collector.spool.file import SPOOL_ID, DamagedReport, ReportCompressor, open_reader
from collector.warehouse import BatchLimits

_LAST_ID: Final = "SELECT seq FROM sqlite_sequence WHERE name = 'reports'"
# One query, because a report may be committed between two.
_FIRST_UNREAD: Final = (
    "SELECT ifnull(min(row_id), (SELECT seq + 1 FROM sqlite_sequence WHERE name = 'reports'))"
    " FROM reports"
)


class SpoolReader:
    """Reads a spool that another process writes. Every method raises `FileUnusable`."""

    def __init__(self, path: Path) -> None:
        """Open the spool. Raises `FileUnusable`."""
        self._path: Final = path
        self._connection = open_reader(path)
        self._compressor: Final = ReportCompressor()
        with self._query(SPOOL_ID) as rows:
            self._spool_id: Final = str(rows.fetchone()[0])

    @property
    def spool_id(self) -> str:
        """The spool's random ID."""
        return self._spool_id

    def read_after(self, row_id: int, *, through: int, limits: BatchLimits) -> Batch | None:
        """Return the oldest rows above `row_id` as a batch, None where there is none.

        None of them is above `through`, and all are of one day of receipt.
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
        """Return the rows of a pending batch, None where none is left."""
        with self._rows(rows.first, rows.last, -1) as found:
            reports = tuple(map(self._report_in, found))
        return Batch(self._spool_id, reports) if reports else None

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
