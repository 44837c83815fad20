"""BigQuery as a warehouse: load jobs whose ID is what they load.

A batch is loaded by a job under the batch's identity. Where an answer was lost the job is there
all the same, and a second one under its ID is refused: so each row is in the table once
(docs/decisions/0018-load-jobs.md).
"""

import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from collector.errors import WarehouseUnavailable
from collector.records import DAY_SECONDS, Batch, BatchLimits, RowRange, SpooledReport
from collector.warehouse import Forgotten, Warehouse
from collector.warehouse.bigquery import BigQueryTable
from collector.warehouse.bigquery.loading import Loader, RowFile, encode_rows
from collector.warehouse.bigquery.outcomes import Failed, Loaded, Outcome, RowsRefused
from collector.warehouse.bigquery.service import DEADLINES, Deadlines, Service
from collector.warehouse.bigquery.state import (
    KNOWN_TABLES_FILE,
    PENDING_LOAD_FILE,
    KnownTables,
    PendingLoad,
    PendingLoadFile,
)
from collector.warehouse.bigquery.table import (
    count_reports,
    expire_reports,
    forget_cluster,
    has_shape,
    prepare_table,
)
from collector.warehouse.dead_letters import DEAD_LETTERS_FILE, DeadLetters

# A job counts against quotas whatever its size; what bounds it is the drain's memory, which holds
# a batch, the file made of it, and the copy that the client library sends.
LIMITS: Final = BatchLimits(max_reports=50_000, max_bytes=32 * 1024 * 1024)
"""How large a batch is best."""


class BigQueryWarehouse(Warehouse):
    """A table of BigQuery, by way of load jobs."""

    def __init__(
        self,
        loader: Loader,
        *,
        pending_load: PendingLoadFile,
        dead_letters: DeadLetters,
        limits: BatchLimits,
    ) -> None:
        """`close` closes the loader's service and `dead_letters`."""
        self._loader: Final = loader
        self._service: Final = loader.service
        self._pending: Final = pending_load
        self._dead_letters: Final = dead_letters
        self.limits = limits
        self._expired_on: float | None = None

    def pending(self, spool_id: str) -> RowRange | None:
        """Return the rows of the batch submitted last: BigQuery may have loaded them.

        Raises `FileUnusable`.
        """
        load = self._pending.read()
        return load.rows if load is not None and load.spool_id == spool_id else None

    def write(self, batch: Batch) -> None:
        """Load the batch. On return each report is in the table once, or is a dead letter."""
        dead, left = self._resume(batch)
        while left:
            part = Batch(batch.spool_id, left)
            refused = self._load(self._pending.note(batch, part, dead), part)
            dead += tuple(each.report_key for each in refused)
            left = _without(refused, left) if refused else ()

    def is_submitted(self, batch: Batch) -> bool:
        """Return whether BigQuery accepted a job that loads these reports, whatever came of it.

        Raises `WarehouseUnavailable`.
        """
        load = self._pending.read()
        if load is None or not load.overlaps(batch):
            return False
        keys = {each.report_key for each in batch.reports}
        return keys <= {*load.keys} and self._loader.is_submitted(load.job_id)

    def load_parquet(self, path: Path, name: str) -> None:
        """Load a Parquet file of reports, once forever under `name`: see `Loader`."""
        self._loader.load_parquet(path, name)

    def missing_columns(self) -> tuple[str, ...]:
        """Return the columns that the table lacks; what reports hold there is not loaded."""
        return self._loader.table.missing_columns

    def count(self) -> int:
        """Return how many reports the table holds, each counted once."""
        return count_reports(self._service)

    def forget(self, cluster_id: str) -> Forgotten:
        """Delete the reports of a cluster from the table, also those that are being loaded."""
        load = self._pending.read()
        if load is not None:
            self._has_loaded(load)
        return forget_cluster(self._service, cluster_id)

    def expire(self, *, days: int, now: float) -> int:
        """See that reports received more than `days` days ago go; once a day.

        Returns how many were deleted by this call: none where BigQuery does it by itself.
        """
        today = now // DAY_SECONDS
        if today == self._expired_on:
            return 0
        removed = expire_reports(self._service, days=days, now=now)
        self._expired_on = today
        return removed

    def close(self) -> None:
        """Close connections and files."""
        self._service.close()
        self._dead_letters.close()

    def _resume(self, batch: Batch) -> tuple[tuple[str, ...], tuple[SpooledReport, ...]]:
        """Return the keys of dead letters of `batch`, and the reports that are left to load.

        Where rows were forgotten since, or others took their numbers, the pending load is not
        part of the batch: then its outcome has to be known first.
        """
        load = self._pending.read()
        if load is None or not load.overlaps(batch):
            return (), batch.reports
        done = frozenset(load.dead_letters)
        left = tuple(each for each in batch.reports if each.report_key not in done)
        is_same = bool(left) and Batch(batch.spool_id, left).identity == load.identity
        if not is_same and self._has_loaded(load):
            done = frozenset(load.keys)
            left = tuple(each for each in left if each.report_key not in done)
        return load.dead_letters, left

    def _has_loaded(self, load: PendingLoad) -> bool:
        """Return whether a load is in the table; an error while that is not known."""
        return isinstance(self._loader.outcome_of(load.job_id), Loaded)

    def _load(self, load: PendingLoad, part: Batch) -> tuple[SpooledReport, ...]:
        """Load `part`, all of it or nothing; return the reports that were refused, if any.

        Those are dead letters then, and nothing is loaded yet.
        """
        file = encode_rows(part.reports)
        # Earlier attempts are passed over, so that there is a new one each time.
        while (outcome := self._loader.outcome_of(load.job_id)) is not None:
            refused = self._dead_letter(outcome, part, file)
            if refused is not None:
                return refused
            load = self._pending.note_failure(load)
        outcome = self._loader.load_rows(load.job_id, file.content)
        refused = self._dead_letter(outcome, part, file)
        if refused is None:
            self._pending.note_failure(load)
            raise self._unavailable(outcome)
        return refused

    def _dead_letter(
        self, outcome: Outcome, part: Batch, file: RowFile
    ) -> tuple[SpooledReport, ...] | None:
        """Make dead letters of the reports that a job failed for, and return them.

        None where it failed for another reason; empty where it did not fail.
        """
        if isinstance(outcome, Loaded):
            return ()
        # A row that did not fit the columns of another day may fit those of today.
        if not isinstance(outcome, RowsRefused) or not has_shape(self._service, outcome.shape):
            return None
        refused: list[tuple[SpooledReport, str]] = []
        for position, reason in outcome.reasons.items():
            row = file.row_at(position)
            if row is None:
                return None
            refused.append((part.reports[row], reason))
        self._dead_letters.add(refused)
        return tuple(each for each, _ in refused)

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
    limits: BatchLimits = LIMITS,
    deadlines: Deadlines = DEADLINES,
) -> BigQueryWarehouse:
    """Open the table, made where it is missing, for a collector with that data directory.

    `emulator` is a URL.
    Raises `WarehouseUnavailable`, `WarehouseUnusable` or `FileUnusable`.
    """
    with ExitStack() as opened:
        dead_letters = DeadLetters(data_dir / DEAD_LETTERS_FILE, clock=time.time)
        opened.callback(dead_letters.close)
        service = Service(address, emulator=emulator, deadlines=deadlines)
        opened.callback(service.close)
        table = prepare_table(service, KnownTables(data_dir / KNOWN_TABLES_FILE))
        warehouse = BigQueryWarehouse(
            Loader(service, table, deadlines=deadlines, sleep=time.sleep, clock=time.monotonic),
            pending_load=PendingLoadFile(data_dir / PENDING_LOAD_FILE, address),
            dead_letters=dead_letters,
            limits=limits,
        )
        opened.pop_all()
    return warehouse


def _without(
    refused: Iterable[SpooledReport], reports: Iterable[SpooledReport]
) -> tuple[SpooledReport, ...]:
    rows = {each.row_id for each in refused}
    return tuple(each for each in reports if each.row_id not in rows)
