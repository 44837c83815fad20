"""An embedded DuckDB file as a database: exactly once, because it keeps the position itself.

The table `reports` has the columns of the original's BigQuery table, `reportKey`, `receivedAt`
(the hour, UTC) and `workloads`.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import duckdb

from collector.errors import WarehouseUnavailable
from collector.records import Batch, RowRange, Watermark
from collector.warehouse import BatchLimits
from collector.warehouse.abilities import Forgotten, Format
from collector.warehouse.duckdb_file import CONFIG, prepare
from collector.warehouse.duckdb_reading import count_reports, export_reports
from collector.warehouse.duckdb_schema import INSERT_REPORTS, MERGE_REPORTS, SHAPE

_SECONDS_PER_DAY: Final = 86_400


class DuckDBDatabase:
    """A DuckDB file that this process owns: DuckDB lets no other open it meanwhile."""

    def __init__(self, path: Path) -> None:
        """Open or make the file. Raises `WarehouseUnavailable` or `WarehouseUnusable`."""
        self._path: Final = path
        prepare(path)
        with self._errors():
            self._connection = duckdb.connect(path, config=CONFIG)

    @property
    def limits(self) -> BatchLimits:
        """How large a batch should be."""
        return BatchLimits(max_reports=1_000, max_bytes=4 * 1024 * 1024)

    def begun(self, spool_id: str) -> RowRange | None:
        """Return None: a batch is written in one transaction."""
        del spool_id
        return None

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
        with self._errors():
            self._connection.execute("BEGIN")
            self._connection.execute(INSERT_REPORTS, _parameters(batch))
            self._connection.execute(
                "INSERT INTO watermarks VALUES (?, ?)"
                " ON CONFLICT DO UPDATE SET last_id = excluded.last_id",
                [watermark.spool_id, watermark.last_id],
            )
            self._connection.execute("COMMIT")

    def merge(self, batch: Batch) -> None:
        """Insert those reports of the batch that are not there."""
        with self._errors():
            self._connection.execute(MERGE_REPORTS, _parameters(batch))

    def count(self) -> int:
        """Return how many reports the file holds."""
        with self._cursor() as cursor:
            return count_reports(cursor)

    def export(self, form: Format, write: Callable[[bytes], None]) -> int:
        """Pass all reports to `write`, piece by piece, and return how many there were."""
        with self._cursor() as cursor:
            return export_reports(cursor, form, write)

    def forget(self, cluster_id: str) -> Forgotten:
        """Delete the reports of a cluster."""
        with self._cursor() as cursor:
            row = cursor.execute(
                'DELETE FROM reports WHERE "clusterID" = ?', [cluster_id]
            ).fetchone()
        return Forgotten(0 if row is None else int(row[0]))

    def expire(self, *, days: int, now: float) -> int:
        """Delete the reports received more than `days` days before `now`; return how many."""
        with self._cursor() as cursor:
            row = cursor.execute(
                'DELETE FROM reports WHERE "receivedAt" < make_timestamp(?::BIGINT * 1000000)',
                [int(now) - days * _SECONDS_PER_DAY],
            ).fetchone()
        return 0 if row is None else int(row[0])

    def close(self) -> None:
        """Close the file; DuckDB moves its log into it."""
        with self._errors():
            self._connection.close()

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a connection of its own to what may run beside `write`, in another thread."""
        with self._errors(), closing(self._connection.cursor()) as cursor:
            yield cursor

    @contextmanager
    def _errors(self) -> Iterator[None]:
        # A transaction that failed is not rolled back here: the drain opens the file anew.
        try:
            yield
        except duckdb.Error as error:
            raise WarehouseUnavailable(f"{self._path} cannot be used: {error}") from error


def _parameters(batch: Batch) -> list[object]:
    return [
        [each.report_key for each in batch.reports],
        [each.received_at for each in batch.reports],
        [each.encoded.decode() for each in batch.reports],
        SHAPE,
    ]
