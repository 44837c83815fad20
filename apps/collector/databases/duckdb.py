"""An embedded DuckDB file as a database: exactly once, because it keeps the position itself.

The table `reports` has the columns of the original's BigQuery table, and `reportKey` and
`receivedAt` (the hour, UTC).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import duckdb

from collector.databases.duckdb_file import CONFIG, prepare
from collector.databases.duckdb_schema import INSERT_REPORTS, SHAPE
from collector.errors import DatabaseUnavailable
from collector.records import Batch, Watermark


class DuckDBDatabase:
    """A DuckDB file that this process owns: DuckDB lets no other open it meanwhile."""

    def __init__(self, path: Path) -> None:
        """Open or make the file. Raises `DatabaseUnavailable` or `DatabaseUnusable`."""
        self._path: Final = path
        prepare(path)
        with self._errors():
            self._connection = duckdb.connect(path, config=CONFIG)

    def position(self, spool_id: str) -> Watermark | None:
        """Return the watermark of that spool, None where the file never saw it."""
        with self._errors():
            row = self._connection.execute(
                "SELECT last_id FROM watermarks WHERE spool_id = ?", [spool_id]
            ).fetchone()
        return None if row is None else Watermark(spool_id, int(row[0]))

    def write(self, batch: Batch) -> None:
        """Insert the batch and move the watermark, in one transaction."""
        watermark = batch.watermark
        parameters: list[object] = [
            [each.report_key for each in batch.reports],
            [each.received_at for each in batch.reports],
            [each.encoded.decode() for each in batch.reports],
            SHAPE,
        ]
        with self._errors():
            self._connection.execute("BEGIN")
            self._connection.execute(INSERT_REPORTS, parameters)
            self._connection.execute(
                "INSERT INTO watermarks VALUES (?, ?)"
                " ON CONFLICT DO UPDATE SET last_id = excluded.last_id",
                [watermark.spool_id, watermark.last_id],
            )
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file; DuckDB moves its log into it."""
        with self._errors():
            self._connection.close()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        # A transaction that failed is not rolled back here: the drain opens the file anew.
        try:
            yield
        except duckdb.Error as error:
            raise DatabaseUnavailable(f"{self._path} cannot be written: {error}") from error
