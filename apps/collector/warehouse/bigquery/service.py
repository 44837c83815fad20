"""BigQuery over the network, for one table. The errors of Google's libraries end here.

Every call is made once, under a deadline: only the drain waits and tries again.
"""

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, Any, Final

import google.auth
from google.api_core.client_info import ClientInfo
from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import Conflict, Forbidden, NotFound
from google.api_core.retry import Retry, if_exception_type
from google.auth.credentials import AnonymousCredentials, Credentials
from google.cloud import bigquery

from collector.errors import WarehouseUnusable
from collector.warehouse.bigquery import BigQueryTable
from collector.warehouse.bigquery.outcomes import (
    LIBRARY_ERRORS,
    JobError,
    Outcome,
    UnderWay,
    is_access_denied,
    outcome_of,
    unavailable,
)
from collector.warehouse.bigquery.schema import shape_of
from release import VERSION

ENDPOINT: Final = "https://bigquery.googleapis.com"
_SCOPES: Final = ("https://www.googleapis.com/auth/bigquery",)
_USER_AGENT: Final = f"spartakus-collector/{VERSION}"

# Given to calls that would otherwise try again by themselves, for ten minutes.
_ONCE: Final = Retry(predicate=if_exception_type())
_NO_RETRIES: Final = 0

# What Google's libraries have without annotations.
_anonymous: Final[Callable[[], Credentials]] = AnonymousCredentials
_client_info: Final[Callable[..., ClientInfo]] = ClientInfo


@dataclass(frozen=True)
class Deadlines:
    """How long to wait for what, in seconds. Google's client has none by default."""

    call: float = 10.0
    """For one call: to connect, and between two pieces of the answer."""

    upload: float = 60.0
    """As `call`, for a request with a file in it."""

    query: float = 300.0
    """For a statement as a whole."""

    job: float = 60.0
    """For a load job to end. One that takes longer is asked for again later."""

    poll: float = 2.0
    """Between two questions whether a job has ended."""


DEADLINES: Final = Deadlines()


class Change(enum.Enum):
    """How a change of a table ended."""

    MADE = enum.auto()
    FORBIDDEN = enum.auto()


@dataclass(frozen=True)
class Result:
    """What a statement gave: rows of a query, and how many rows a deletion changed."""

    rows: tuple[tuple[object, ...], ...]
    changed: int


@dataclass(frozen=True)
class Query:
    """What a query gave: its rows, fetched as they are read, and what it cost."""

    rows: Iterator[tuple[object, ...]]
    """Reading them raises `WarehouseUnavailable`."""

    bytes_billed: int


class Service:
    """BigQuery's interface to one table. Every method raises `WarehouseUnavailable`."""

    def __init__(
        self,
        address: BigQueryTable,
        *,
        emulator: str | None = None,
        deadlines: Deadlines = DEADLINES,
    ) -> None:
        """Take Application Default Credentials, or none for an `emulator` (its URL)."""
        self.address: Final = address
        self._deadlines: Final = deadlines
        credentials = _anonymous() if emulator else self._default_credentials()
        self._client: Final = bigquery.Client(
            project=address.project,
            credentials=credentials,
            client_info=_client_info(user_agent=_USER_AGENT),
            client_options=ClientOptions(api_endpoint=emulator or ENDPOINT),
        )
        # Without annotations in Google's library.
        self._close: Final[Callable[[], None]] = self._client.close

    def close(self) -> None:
        """Close the connections."""
        self._close()

    def find_table(self) -> bigquery.Table | None:
        """Return what the table is, None where there is none."""
        with self._errors():
            try:
                return self._client.get_table(
                    str(self.address), retry=_ONCE, timeout=self._deadlines.call
                )
            except NotFound:
                return None

    def create_table(self, table: bigquery.Table) -> None:
        """Make the table. Somebody else may have made it meanwhile, which is as good."""
        with self._errors(), suppress(Conflict):
            self._client.create_table(table, retry=_ONCE, timeout=self._deadlines.call)

    def change_table(self, table: bigquery.Table, fields: Sequence[str]) -> Change:
        """Change the `fields` of the table, such as `schema`, to what `table` says."""
        with self._errors():
            try:
                self._client.update_table(
                    table, list(fields), retry=_ONCE, timeout=self._deadlines.call
                )
            except Forbidden as error:
                if is_access_denied(error):
                    return Change.FORBIDDEN
                raise
            return Change.MADE

    def find_job(self, job_id: str, *, location: str | None) -> Outcome | UnderWay | None:
        """Return how a load job stands, None where there is no job of that ID.

        Raises `WarehouseUnusable` for a job that is not ours.
        """
        with self._errors():
            try:
                job = self._client.get_job(
                    job_id, location=location, retry=_ONCE, timeout=self._deadlines.call
                )
            except NotFound:
                return None
            if not isinstance(job, bigquery.LoadJob):
                raise TypeError("not a load job")
        if _name(job.destination) != str(self.address):
            raise WarehouseUnusable(f"BigQuery job {job_id} is not of table {self.address}")
        return _outcome_of(job)

    def insert_job(
        self,
        job_id: str,
        content: IO[bytes],
        size: int,
        config: bigquery.LoadJobConfig,
        *,
        location: str | None,
    ) -> None:
        """Have `content` (of `size` bytes) loaded; that a job of that ID is there is as good."""
        with self._errors(), suppress(Conflict):
            self._client.load_table_from_file(
                content,
                str(self.address),
                size=size,
                num_retries=_NO_RETRIES,
                job_id=job_id,
                location=location,
                job_config=config,
                timeout=self._deadlines.upload,
            )

    def run(self, sql: str, parameters: Mapping[str, str | int] | None = None) -> Result:
        """Run a statement that may be run again, with named parameters."""
        config = bigquery.QueryJobConfig(
            query_parameters=[
                bigquery.ScalarQueryParameter(
                    name, "STRING" if isinstance(value, str) else "INT64", value
                )
                for name, value in (parameters or {}).items()
            ]
        )
        with self._errors():
            rows = self._client.query_and_wait(
                sql,
                job_config=config,
                api_timeout=self._deadlines.call,
                wait_timeout=self._deadlines.query,
                retry=_ONCE,
                job_retry=_ONCE,
            )
            cells = tuple(tuple(row.values()) for row in rows)
            return Result(cells, rows.num_dml_affected_rows or 0)

    def query(self, sql: str) -> Query:
        """Run a query of any number of rows."""
        with self._errors():
            job = self._client.query(sql, retry=_ONCE, job_retry=None, timeout=self._deadlines.call)
            rows = job.result(retry=_ONCE, job_retry=None, timeout=self._deadlines.query)
            return Query(self._read(rows), job.total_bytes_billed or 0)

    def rows(self, columns: Sequence[bigquery.SchemaField]) -> Iterator[tuple[object, ...]]:
        """Return these columns of all rows of the table. That is not a query, and costs nothing."""
        with self._errors():
            rows = self._client.list_rows(
                str(self.address),
                selected_fields=columns,
                retry=_ONCE,
                timeout=self._deadlines.call,
            )
        return self._read(rows)

    def _read(self, rows: Iterable[Any]) -> Iterator[tuple[object, ...]]:
        with self._errors():
            for row in rows:
                yield tuple(row.values())

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except LIBRARY_ERRORS as error:
            raise unavailable(error, self.address) from error

    def _default_credentials(self) -> Credentials:
        with self._errors():
            credentials, _ = google.auth.default(scopes=_SCOPES)
        return credentials


def _name(table: bigquery.TableReference) -> str:
    return f"{table.project}.{table.dataset_id}.{table.table_id}"


def _outcome_of(job: bigquery.LoadJob) -> Outcome | UnderWay:
    entries = [] if job.error_result is None else [job.error_result, *(job.errors or ())]
    errors = [
        JobError(str(each.get("reason", "")), str(each.get("message", ""))) for each in entries
    ]
    return outcome_of(errors, shape_of(job.schema or ()), is_done=job.state == "DONE")
