"""BigQuery as a database: at least once in the table, once in the view.

It keeps no position: after a failure the rows of a batch come again under the same keys.
"""

import time
from collections.abc import Collection
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final

from collector.errors import WarehouseUnavailable
from collector.records import Batch, RowRange, SpooledReport, Watermark
from collector.warehouse import BatchLimits
from collector.warehouse.abilities import Forgotten
from collector.warehouse.bigquery.address import BigQueryTable
from collector.warehouse.bigquery.failures import NotYet, RequestRefused, RowsNotTaken
from collector.warehouse.bigquery.requests import request_body, split
from collector.warehouse.bigquery.retrying import PERSISTENCE, Persistence
from collector.warehouse.bigquery.rows import Refused, UnknownColumn, sort_rows
from collector.warehouse.bigquery.service import Service
from collector.warehouse.bigquery.table import check_columns, prepare_table
from collector.warehouse.bigquery.upkeep import count_reports, expire_reports, forget_cluster
from collector.warehouse.dead_letters import DEAD_LETTERS_FILE, DeadLetters
from collector.warehouse.known_tables import KNOWN_TABLES_FILE, KnownTables


class _Request:
    """A request that shrinks: reports that are neither in the table nor buried."""

    def __init__(self, reports: tuple[SpooledReport, ...], *, ignore_unknown: bool) -> None:
        self._ignore_unknown: Final = ignore_unknown
        self.buried: Final[set[str]] = set()
        self.keep(reports)

    def keep(self, reports: tuple[SpooledReport, ...]) -> None:
        """Go on with `reports` only."""
        self.left = reports
        # Made once and not for each attempt: errors hold on to the request that they are about.
        self.body = request_body(reports, ignore_unknown=self._ignore_unknown)


class BigQueryDatabase:
    """A table of BigQuery, by way of streaming inserts."""

    def __init__(
        self,
        service: Service,
        *,
        known_tables: KnownTables,
        dead_letters: DeadLetters,
        persistence: Persistence,
    ) -> None:
        """Make the table where it is missing. `close` closes `service` and `dead_letters`.

        Raises `WarehouseUnavailable` or `WarehouseUnusable`.
        """
        self._service: Final = service
        self._dead_letters: Final = dead_letters
        self._persistence: Final = persistence
        self._name: Final = f"bigquery://{service.address}"
        self._table: Final = prepare_table(service, known_tables)
        self._is_proven = not self._table.is_empty

    @property
    def limits(self) -> BatchLimits:
        """How large a batch should be."""
        return BatchLimits(max_reports=1_000, max_bytes=4 * 1024 * 1024)

    def begun(self, spool_id: str) -> RowRange | None:
        """Return None: rows that come again do so under their keys."""
        del spool_id
        return None

    def position(self, spool_id: str) -> Watermark | None:
        """Return None: a table that several collectors write to keeps no position."""
        del spool_id
        return None

    def write(self, batch: Batch) -> None:
        """Insert the batch. On return each report is in the table, or is a dead letter."""
        self._dead_letters.expire()
        taken: set[str] = set()
        for reports in split(batch.reports):
            taken |= self._insert(reports)
        if taken and not self._is_proven:
            self._await_rows(taken)

    def missing_columns(self) -> tuple[str, ...]:
        """Return the columns that the table lacks; what reports hold there is not inserted."""
        return self._table.missing_columns

    def count(self) -> int:
        """Return how many reports the table holds, each counted once."""
        return count_reports(self._service)

    def forget(self, cluster_id: str) -> Forgotten:
        """Delete the reports of a cluster from the table."""
        return forget_cluster(self._service, cluster_id)

    def expire(self, *, days: int, now: float) -> int:
        """See that reports received more than `days` days ago go.

        Returns how many were deleted by this call: none where BigQuery does it by itself.
        """
        return expire_reports(self._service, days=days, now=now)

    def close(self) -> None:
        """Close connections and files."""
        self._service.close()
        self._dead_letters.close()

    def _insert(self, reports: tuple[SpooledReport, ...]) -> set[str]:
        """Insert reports, bury the invalid ones, and return the keys of those that were taken."""
        request = _Request(reports, ignore_unknown=bool(self._table.missing_columns))
        try:
            self._service.attempt(partial(self._send, request), self._persistence)
        except (RowsNotTaken, RequestRefused) as error:
            taken = _keys(reports) - _keys(request.left) - request.buried
            return taken | self._isolate(request.left, error)
        return _keys(reports) - request.buried

    def _send(self, request: _Request) -> None:
        """Post until nothing is left. Raises `NotYet` when a post changes nothing."""
        while request.left:
            answer = self._service.insert(request.body, self._persistence)
            rows = sort_rows(request.left, answer)
            if isinstance(rows, UnknownColumn):
                raise NotYet(f"BigQuery does not know its column {rows.column!r} yet")
            if rows.left and not rows.invalid:
                request.keep(rows.left)
                raise RowsNotTaken(rows.reason, may_pass=rows.may_pass)
            self._bury(rows.invalid)
            request.buried.update(each.report_key for each, _ in rows.invalid)
            request.keep(rows.left)

    def _isolate(
        self, reports: tuple[SpooledReport, ...], error: RowsNotTaken | RequestRefused
    ) -> set[str]:
        """Find what makes BigQuery refuse the others too: halve until a report is refused alone.

        Returns the keys of those that were taken.
        """
        if isinstance(error, RowsNotTaken) and error.may_pass:
            raise WarehouseUnavailable(f"{self._name} takes no rows now: {error.reason}") from error
        if len(reports) > 1:
            middle = len(reports) // 2
            return self._insert(reports[:middle]) | self._insert(reports[middle:])
        self._service.check_takes_rows(self._persistence)
        self._bury([(reports[0], f"refused alone: {error.reason}")])
        return set()

    def _bury(self, refused: Collection[Refused]) -> None:
        if refused:
            check_columns(self._service, self._persistence)
            self._dead_letters.add(refused)

    def _await_rows(self, keys: set[str]) -> None:
        """Wait until rows sent to an empty table can be read: they may have gone elsewhere."""

        def look() -> None:
            readable = self._service.readable_keys(self._table.table, self._persistence)
            if not keys <= readable:
                raise NotYet("rows sent to it cannot be read yet; they will be sent again")

        if self._table.has_keys:
            self._service.attempt(look, self._persistence)
        self._is_proven = True


def open_bigquery(
    address: BigQueryTable,
    *,
    data_dir: Path,
    persistence: Persistence = PERSISTENCE,
    emulator: str | None = None,
) -> BigQueryDatabase:
    """Open the table for a collector with that data directory; `emulator` is a URL.

    Raises `WarehouseUnavailable`, `WarehouseUnusable` or `FileUnusable`.
    """
    with ExitStack() as opened:
        dead_letters = DeadLetters(data_dir / DEAD_LETTERS_FILE, clock=time.time)
        opened.callback(dead_letters.close)
        service = Service(address, emulator=emulator)
        opened.callback(service.close)
        database = BigQueryDatabase(
            service,
            known_tables=KnownTables(data_dir / KNOWN_TABLES_FILE),
            dead_letters=dead_letters,
            persistence=persistence,
        )
        opened.pop_all()
    return database


def _keys(reports: Collection[SpooledReport]) -> set[str]:
    return {each.report_key for each in reports}
