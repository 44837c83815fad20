"""BigQuery as a warehouse: load jobs whose ID is what they load.

A batch is loaded by a job under the batch's identity. Where an answer was lost the job is there
all the same, and a second one under its ID is refused: so each row is in the table once
(docs/decisions/0018-load-jobs.md).
"""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from collector.errors import WarehouseUnavailable
from collector.records import Batch, RowRange, SpooledReport, Watermark
from collector.warehouse import BatchLimits
from collector.warehouse.abilities import Forgotten
from collector.warehouse.bigquery.address import BigQueryTable
from collector.warehouse.bigquery.begun import BEGUN_FILE, Begun, BegunFile
from collector.warehouse.bigquery.loading import Loader
from collector.warehouse.bigquery.outcomes import Failed, Loaded, Outcome, RowsRefused
from collector.warehouse.bigquery.rows import encode_rows
from collector.warehouse.bigquery.service import DEADLINES, Deadlines, Service
from collector.warehouse.bigquery.table import has_columns, prepare_table
from collector.warehouse.bigquery.upkeep import count_reports, expire_reports, forget_cluster
from collector.warehouse.dead_letters import DEAD_LETTERS_FILE, DeadLetters
from collector.warehouse.known_tables import KNOWN_TABLES_FILE, KnownTables

# A job counts against quotas whatever its size; what bounds it is the drain's memory, which holds
# a batch, the file made of it, and the copy that the client library sends.
_LIMITS: Final = BatchLimits(max_reports=50_000, max_bytes=32 * 1024 * 1024)


class BigQueryWarehouse:
    """A table of BigQuery, by way of load jobs."""

    def __init__(
        self,
        service: Service,
        *,
        known_tables: KnownTables,
        begun: BegunFile,
        dead_letters: DeadLetters,
        deadlines: Deadlines,
        sleep: Callable[[float], None],
        clock: Callable[[], float],
    ) -> None:
        """Make the table where it is missing. `close` closes `service` and `dead_letters`.

        Raises `WarehouseUnavailable` or `WarehouseUnusable`.
        """
        self._service: Final = service
        self._begun: Final = begun
        self._dead_letters: Final = dead_letters
        self._table: Final = prepare_table(service, known_tables)
        self._loader: Final = Loader(
            service, self._table, deadlines=deadlines, sleep=sleep, clock=clock
        )
        self._lock: Final = threading.Lock()

    @property
    def limits(self) -> BatchLimits:
        """How large a batch should be."""
        return _LIMITS

    def position(self, spool_id: str) -> Watermark | None:
        """Return None: a table that several collectors write to keeps no position."""
        del spool_id
        return None

    def begun(self, spool_id: str) -> RowRange | None:
        """Return the rows of the batch that was begun last: BigQuery may have loaded them.

        Raises `FileUnusable`.
        """
        begun = self._begun.read()
        return begun.rows if begun is not None and begun.spool_id == spool_id else None

    def write(self, batch: Batch) -> None:
        """Load the batch. On return each report is in the table once, or is a dead letter."""
        self._dead_letters.expire()
        with self._lock:
            left = self._without_loaded(batch)
            while left:
                left = self._load(batch, Batch(batch.spool_id, left))

    def load_parquet(self, path: Path, name: str) -> None:
        """Load a Parquet file of reports, once for ever under `name`: see `Loader`."""
        self._loader.load_parquet(path, name)

    def missing_columns(self) -> tuple[str, ...]:
        """Return the columns that the table lacks; what reports hold there is not loaded."""
        return self._table.missing_columns

    def count(self) -> int:
        """Return how many reports the table holds, each counted once."""
        return count_reports(self._service)

    def forget(self, cluster_id: str) -> Forgotten:
        """Delete the reports of a cluster from the table, also those that are being loaded."""
        with self._lock:
            begun = self._begun.read()
            if begun is not None:
                self._has_loaded(begun)
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

    def _without_loaded(self, batch: Batch) -> tuple[SpooledReport, ...]:
        """Return the reports of `batch` that no load holds which was begun before it.

        Where the batch is the one that was begun, that is all of them: its own job tells. Where
        rows were forgotten since, or others took their numbers, the outcome of the load that was
        begun has to be known first.
        """
        begun = self._begun.read()
        if begun is None or not begun.overlaps(batch) or begun.identity == batch.identity:
            return batch.reports
        if not self._has_loaded(begun):
            return batch.reports
        loaded = frozenset(begun.keys)
        return tuple(each for each in batch.reports if each.report_key not in loaded)

    def _has_loaded(self, begun: Begun) -> bool:
        """Return whether a load that was begun is in the table.

        Raises `WarehouseUnavailable` while that is open.
        """
        if self._service.find_job(begun.job_id, location=self._table.location) is None:
            return False
        return isinstance(self._loader.await_end(begun.job_id), Loaded)

    def _load(self, batch: Batch, part: Batch) -> tuple[SpooledReport, ...]:
        """Load `part` of `batch`; return what is left of it to be loaded by itself."""
        begun = self._begun.begin(batch, part)
        file = encode_rows(part.reports)
        outcome = self._loader.load_rows(begun.job_id, file.content)
        if isinstance(outcome, Loaded):
            return ()
        if isinstance(outcome, RowsRefused) and has_columns(self._service, self._table):
            refused = {file.row_at(at): reason for at, reason in outcome.reasons.items()}
            if None not in refused:
                return self._put_aside(part, refused)
        self._begun.note_failure(begun)
        raise self._unavailable(outcome)

    def _put_aside(
        self, part: Batch, refused: Mapping[int | None, str]
    ) -> tuple[SpooledReport, ...]:
        """Make dead letters of refused rows, by their number in `part`; return the others."""
        rows = tuple(enumerate(part.reports))
        self._dead_letters.add((each, refused[row]) for row, each in rows if row in refused)
        return tuple(each for row, each in rows if row not in refused)

    def _unavailable(self, outcome: Outcome) -> WarehouseUnavailable:
        place = f"BigQuery table {self._service.address}"
        if isinstance(outcome, Failed):
            return WarehouseUnavailable(f"{place}: {outcome.reason}", outcome.retry_after)
        return WarehouseUnavailable(
            f"{place}: a load job refused rows, and either the table's columns were changed just"
            " now, or it did not say which rows"
        )


def open_bigquery(
    address: BigQueryTable,
    *,
    data_dir: Path,
    emulator: str | None = None,
    deadlines: Deadlines = DEADLINES,
) -> BigQueryWarehouse:
    """Open the table for a collector with that data directory; `emulator` is a URL.

    Raises `WarehouseUnavailable`, `WarehouseUnusable` or `FileUnusable`.
    """
    with ExitStack() as opened:
        dead_letters = DeadLetters(data_dir / DEAD_LETTERS_FILE, clock=time.time)
        opened.callback(dead_letters.close)
        service = Service(address, emulator=emulator, deadlines=deadlines)
        opened.callback(service.close)
        warehouse = BigQueryWarehouse(
            service,
            known_tables=KnownTables(data_dir / KNOWN_TABLES_FILE),
            begun=BegunFile(data_dir / BEGUN_FILE, address),
            dead_letters=dead_letters,
            deadlines=deadlines,
            sleep=time.sleep,
            clock=time.monotonic,
        )
        opened.pop_all()
    return warehouse
