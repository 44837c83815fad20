"""BigQuery over the network, for one table. The errors of Google's libraries end here.

Tables and SQL go through `google-cloud-bigquery`; rows are posted as bytes over the same kind of
authorised session, for the reason that `bigquery_requests` gives.
"""

import enum
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Final, TypeVar

import google.auth
from google.api_core.client_info import ClientInfo
from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import (
    BadRequest,
    Conflict,
    Forbidden,
    GoogleAPICallError,
    NotFound,
    from_http_response,
)
from google.api_core.retry import Retry, if_exception_type
from google.auth.credentials import AnonymousCredentials, Credentials
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession
from google.cloud import bigquery
from requests import Response

from collector.errors import WarehouseUnavailable
from collector.version import VERSION
from collector.warehouse.bigquery.address import BigQueryTable
from collector.warehouse.bigquery.failures import (
    LIBRARY_ERRORS,
    NotYet,
    RequestRefused,
    RowsBuffered,
    RowsNotTaken,
    is_about_buffer,
    is_access_denied,
    refusal_of,
    unavailable,
)
from collector.warehouse.bigquery.requests import PROBE, InsertAnswer, decode_answer
from collector.warehouse.bigquery.retrying import Persistence, persist
from collector.warehouse.bigquery.schema import REPORT_KEY

T = TypeVar("T")

ENDPOINT: Final = "https://bigquery.googleapis.com"
_SCOPES: Final = ("https://www.googleapis.com/auth/bigquery",)
_USER_AGENT: Final = f"spartakus-collector/{VERSION}"
_MOST_KEYS: Final = 10_000

# Whether to try again is decided in one place, `attempt`.
_ONCE: Final = Retry(predicate=if_exception_type())

# What Google's libraries have without annotations.
_anonymous: Final[Callable[[], Credentials]] = AnonymousCredentials
_client_info: Final[Callable[..., ClientInfo]] = ClientInfo
_session: Final[Callable[[Credentials], AuthorizedSession]] = AuthorizedSession
_error_of: Final[Callable[[Response], GoogleAPICallError]] = from_http_response


class Change(enum.Enum):
    """How a change of a table ended."""

    MADE = enum.auto()
    FORBIDDEN = enum.auto()


@dataclass(frozen=True)
class Result:
    """What a statement gave: rows of a query, and how many rows a deletion changed."""

    rows: tuple[tuple[object, ...], ...]
    changed: int


class Service:
    """BigQuery's interface to one table. Every method raises `WarehouseUnavailable`.

    Each call has a time-out, and is repeated under a deadline where that may help.
    """

    def __init__(self, address: BigQueryTable, *, emulator: str | None = None) -> None:
        """Take Application Default Credentials, or none for an `emulator` (its URL)."""
        self.address: Final = address
        self._endpoint: Final = emulator or ENDPOINT
        credentials = _anonymous() if emulator else self._default_credentials()
        self._resources: Final = ExitStack()
        self._client: Final = bigquery.Client(
            project=address.project,
            credentials=credentials,
            client_info=_client_info(user_agent=_USER_AGENT),
            client_options=ClientOptions(api_endpoint=self._endpoint),
        )
        self._resources.callback(self._client.close)
        self._session: Final = self._resources.enter_context(_session(credentials))

    def close(self) -> None:
        """Close the connections."""
        self._resources.close()

    def find_table(self, persistence: Persistence) -> bigquery.Table | None:
        """Return what the table is, None where there is none."""

        def find() -> bigquery.Table | None:
            try:
                return self._client.get_table(
                    str(self.address), retry=_ONCE, timeout=persistence.call_seconds
                )
            except NotFound:
                return None

        return self.attempt(find, persistence)

    def create_table(self, table: bigquery.Table, persistence: Persistence) -> None:
        """Make the table. Somebody else may have made it meanwhile, which is as good."""

        def create() -> None:
            try:
                self._client.create_table(table, retry=_ONCE, timeout=persistence.call_seconds)
            except Conflict:
                return

        self.attempt(create, persistence)

    def change_table(
        self, table: bigquery.Table, fields: Sequence[str], persistence: Persistence
    ) -> Change:
        """Change the `fields` of the table, such as `schema`, to what `table` says."""

        def change() -> Change:
            try:
                self._client.update_table(
                    table, list(fields), retry=_ONCE, timeout=persistence.call_seconds
                )
            except Forbidden as error:
                if is_access_denied(error):
                    return Change.FORBIDDEN
                raise
            return Change.MADE

        return self.attempt(change, persistence)

    def insert(self, body: bytes, persistence: Persistence) -> InsertAnswer:
        """Post a request once; to be called in `attempt`. Raises `RequestRefused`."""
        path = f"projects/{self.address.project}/datasets/{self.address.dataset}"
        response = self._session.post(
            f"{self._endpoint}/bigquery/v2/{path}/tables/{self.address.table}/insertAll",
            data=body,
            headers={"Content-Type": "application/json", "User-Agent": _USER_AGENT},
            params={"prettyPrint": "false"},
            timeout=persistence.call_seconds,
            allow_redirects=False,
        )
        if response.status_code == HTTPStatus.OK:
            return decode_answer(response.content)
        error = _error_of(response)
        refusal = refusal_of(error)
        raise error if refusal is None else refusal from error

    def check_takes_rows(self, persistence: Persistence) -> None:
        """Make sure that a refusal is not the table's: that it takes rows in general."""
        try:
            answer = self.attempt(partial(self.insert, PROBE, persistence), persistence)
        except RequestRefused as error:
            raise self._refuses_all() from error
        reasons = {error.reason for row in answer.insert_errors for error in row.errors}
        if "invalid" not in reasons:
            raise self._refuses_all()

    def readable_keys(self, table: bigquery.Table, persistence: Persistence) -> frozenset[str]:
        """Return the report keys of the first rows that can be read, a few thousand at most."""
        rows = self._client.list_rows(
            table,
            selected_fields=[REPORT_KEY],
            max_results=_MOST_KEYS,
            retry=_ONCE,
            timeout=persistence.call_seconds,
        )
        return frozenset(str(row[REPORT_KEY.name]) for row in rows)

    def has_rows(self, table: bigquery.Table, persistence: Persistence) -> bool:
        """Return whether any row can be read."""

        def look() -> bool:
            rows = self._client.list_rows(
                table,
                selected_fields=table.schema[:1],
                max_results=1,
                retry=_ONCE,
                timeout=persistence.call_seconds,
            )
            return any(True for _ in rows)

        return self.attempt(look, persistence)

    def run(
        self, sql: str, persistence: Persistence, parameters: Mapping[str, str | int] | None = None
    ) -> Result:
        """Run a statement that may be run again, with named parameters.

        Raises `RowsBuffered` for a deletion that BigQuery cannot do yet.
        """
        config = bigquery.QueryJobConfig(
            query_parameters=[
                bigquery.ScalarQueryParameter(
                    name, "STRING" if isinstance(value, str) else "INT64", value
                )
                for name, value in (parameters or {}).items()
            ]
        )

        def query() -> Result:
            try:
                rows = self._client.query_and_wait(
                    sql,
                    job_config=config,
                    api_timeout=persistence.call_seconds,
                    wait_timeout=persistence.retry_seconds,
                    retry=_ONCE,
                    job_retry=_ONCE,
                )
                cells = tuple(tuple(row.values()) for row in rows)
            except BadRequest as error:
                raise (RowsBuffered() if is_about_buffer(error) else error) from error
            return Result(cells, rows.num_dml_affected_rows or 0)

        try:
            return self.attempt(query, persistence)
        except TimeoutError as error:
            raise WarehouseUnavailable(
                f"BigQuery table {self.address}: a query took too long"
            ) from error

    def attempt(self, action: Callable[[], T], persistence: Persistence) -> T:
        """Return what `action` returns, tried again under the deadline where that may help.

        Raises `RowsNotTaken` and `RequestRefused` as they are.
        """
        try:
            return persist(action, persistence)
        except RowsNotTaken:
            raise
        except (*LIBRARY_ERRORS, NotYet) as error:
            raise unavailable(error, self.address) from error

    def _default_credentials(self) -> Credentials:
        try:
            credentials, _ = google.auth.default(scopes=_SCOPES)
        except GoogleAuthError as error:
            raise unavailable(error, self.address) from error
        return credentials

    def _refuses_all(self) -> WarehouseUnavailable:
        return WarehouseUnavailable(
            f"BigQuery table {self.address}: it refuses every row, not only some"
        )
