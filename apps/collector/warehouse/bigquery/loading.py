"""Load jobs: from rows to a file, and from a file to the end of its job."""

import io
import os
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import IO, Final

from google.cloud.bigquery import (
    CreateDisposition,
    LoadJobConfig,
    ParquetOptions,
    SourceFormat,
    WriteDisposition,
)

from collector.errors import CommandFailed, WarehouseUnavailable
from collector.records import REPORT_KEY, SpooledReport
from collector.warehouse.bigquery.outcomes import (
    Failed,
    Loaded,
    Outcome,
    UnderWay,
)
from collector.warehouse.bigquery.service import Deadlines, Service
from collector.warehouse.bigquery.state import format_job_id
from collector.warehouse.bigquery.table import PreparedTable

# Without annotations in Google's library.
_parquet_options: Final[Callable[[], ParquetOptions]] = ParquetOptions


@dataclass(frozen=True)
class RowFile:
    """Rows as BigQuery reads them: a line of JSON each.

    https://cloud.google.com/bigquery/docs/loading-data-cloud-storage-json
    """

    content: bytes

    starts: tuple[int, ...]
    """At which byte each row begins."""

    def row_at(self, position: int) -> int | None:
        """Return the number of the row, from 0, that holds a byte; None where none does."""
        if not 0 <= position < len(self.content):
            return None
        return bisect_right(self.starts, position) - 1


def encode_rows(reports: Iterable[SpooledReport]) -> RowFile:
    """Return reports as rows: their own bytes, and the two columns that are added to them."""
    lines = [each.line(with_key=True) for each in reports]
    starts = accumulate((len(line) for line in lines[:-1]), initial=0)
    return RowFile(b"".join(lines), tuple(starts))


class Loader:
    """Runs load jobs into one table, one at a time."""

    def __init__(
        self,
        service: Service,
        table: PreparedTable,
        *,
        deadlines: Deadlines,
        sleep: Callable[[float], None],
        clock: Callable[[], float],
    ) -> None:
        """`clock` gives seconds, and never goes back."""
        self.service: Final = service
        self.table: Final = table
        self._deadlines: Final = deadlines
        self._sleep: Final = sleep
        self._clock: Final = clock

    def is_submitted(self, job_id: str) -> bool:
        """Return whether there is a job of that ID. Raises `WarehouseUnavailable`."""
        return self._find(job_id) is not None

    def outcome_of(self, job_id: str) -> Outcome | None:
        """Return the outcome of a job once it has ended; None where there is no job of that ID.

        Raises `WarehouseUnavailable`, also for a job that takes too long.
        """
        found = self._find(job_id)
        return None if found is None else self._await_end(job_id, found)

    def load_rows(self, job_id: str, content: bytes) -> Outcome:
        """Have newline-delimited JSON loaded under `job_id`, and return its outcome.

        Where there is a job of that ID meanwhile nothing is loaded again, and its outcome counts.
        Raises `WarehouseUnavailable`, also for a job that takes too long.
        """
        self._insert_rows(job_id, content)
        return self._await_end(job_id, self._find(job_id))

    def load_parquet(self, path: Path, name: str) -> None:
        """Have a Parquet file of reports loaded, once forever under `name`.

        What was loaded under `name` is not loaded again; what failed under it is. `name` holds
        letters, digits, `_` and `-`, and identifies the content.
        Raises `WarehouseUnavailable`, and `CommandFailed` for a file that cannot be read, or that
        BigQuery refuses.
        """

        def insert(job_id: str) -> None:
            with _opened(path) as file:
                size = os.fstat(file.fileno()).st_size
                self._insert(job_id, file, size, self._config_for_parquet())

        outcome = self._load_once(name, insert)
        table = self.service.address
        if isinstance(outcome, Failed):
            raise WarehouseUnavailable(
                f"BigQuery table {table}: {path}: {outcome.reason}", outcome.retry_after
            )
        if not isinstance(outcome, Loaded):
            raise CommandFailed(f"BigQuery refuses {path}: a row in it does not fit {table}")

    def load_row(self, row: bytes, name: str) -> None:
        """Have a row, a line of JSON, loaded: as `load_parquet`, but the first under `name` counts.

        Raises `WarehouseUnavailable`.
        """
        outcome = self._load_once(name, lambda job_id: self._insert_rows(job_id, row))
        if isinstance(outcome, Failed):
            raise WarehouseUnavailable(
                f"BigQuery table {self.service.address}: {outcome.reason}", outcome.retry_after
            )
        if not isinstance(outcome, Loaded):
            raise self._unavailable("its columns do not take the rows that belong there")

    def _load_once(self, name: str, insert: Callable[[str], None]) -> Outcome:
        """Return the outcome of the job that loads `name`, after those that failed for good.

        `insert` submits it under an ID, where there is none yet.
        """
        table = str(self.service.address)
        attempt = 1
        while (outcome := self.outcome_of(format_job_id(name, table, attempt))) is not None:
            if isinstance(outcome, Loaded):
                return outcome
            attempt += 1
        job_id = format_job_id(name, table, attempt)
        insert(job_id)
        return self._await_end(job_id, self._find(job_id))

    def _await_end(self, job_id: str, found: Outcome | UnderWay | None) -> Outcome:
        # A job does not say by itself that it ended, so it is polled. That is not a retry: nothing
        # is done again, and it is the drain that comes back to a job that takes longer.
        give_up_at = self._clock() + self._deadlines.job
        while isinstance(found, UnderWay):
            if self._clock() >= give_up_at:
                raise self._unavailable("a load job takes long; it will be asked for again")
            self._sleep(self._deadlines.poll)
            found = self._find(job_id)
        if found is None:
            raise self._unavailable("a job that it accepted cannot be found")
        return found

    def _insert_rows(self, job_id: str, content: bytes) -> None:
        config = self._config(SourceFormat.NEWLINE_DELIMITED_JSON)
        config.schema = list(self.table.columns)
        self._insert(job_id, io.BytesIO(content), len(content), config)

    def _find(self, job_id: str) -> Outcome | UnderWay | None:
        return self.service.find_job(job_id, location=self.table.location)

    def _insert(self, job_id: str, content: IO[bytes], size: int, config: LoadJobConfig) -> None:
        self.service.insert_job(job_id, content, size, config, location=self.table.location)

    def _config(self, source_format: str) -> LoadJobConfig:
        config = LoadJobConfig()
        config.source_format = source_format
        config.create_disposition = CreateDisposition.CREATE_NEVER
        config.write_disposition = WriteDisposition.WRITE_APPEND
        config.ignore_unknown_values = bool(self.table.missing_columns)
        return config

    def _config_for_parquet(self) -> LoadJobConfig:
        config = self._config(SourceFormat.PARQUET)
        # In a file every column is optional, so the table's modes have to be given; and without
        # list inference BigQuery would then load empty lists:
        # https://github.com/googleapis/python-bigquery/issues/1981 and 2008
        config.schema = [each for each in self.table.columns if each.name != REPORT_KEY]
        options = _parquet_options()
        options.enable_list_inference = True
        config.parquet_options = options
        return config

    def _unavailable(self, reason: str) -> WarehouseUnavailable:
        return WarehouseUnavailable(f"BigQuery table {self.service.address}: {reason}")


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise CommandFailed(f"{path} cannot be read: {error.strerror}") from error
