"""What BigQuery's answers mean: why a call failed, and how a load job stands. Pure.

https://cloud.google.com/bigquery/docs/error-messages
"""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final, TypeAlias

import requests
from google.api_core.exceptions import GoogleAPICallError, GoogleAPIError
from google.auth.exceptions import (
    DefaultCredentialsError,
    GoogleAuthError,
    InvalidOperation,
    TransportError,
)
from msgspec import Struct
from requests.exceptions import InvalidSchema, InvalidURL, MissingSchema

from collector.errors import WarehouseUnavailable
from collector.warehouse.bigquery import BigQueryTable
from collector.warehouse.bigquery.schema import Shape

_LONGEST_QUOTE: Final = 200

QUOTA_SECONDS: Final = 300.0
"""When to try again after a quota was exhausted. It fills up over hours, and failed jobs count:
https://cloud.google.com/bigquery/docs/optimize-load-jobs"""

REPAIR_SECONDS: Final = 60.0
"""When to try again where somebody has to act first."""

# What these say is about the table and the account; other messages may quote a report.
_QUOTED: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
LIBRARY_ERRORS: Final = (
    GoogleAPIError,
    GoogleAuthError,
    requests.RequestException,
    TimeoutError,
    # What the client library raises where a 200 holds something other than it should.
    AttributeError,
    KeyError,
    TypeError,
    ValueError,
)
"""What the libraries between BigQuery and us raise."""


def is_access_denied(error: GoogleAPICallError) -> bool:
    """Whether the account lacks a permission, rather than a quota being used up."""
    return _reason(error) == "accessDenied"


def unavailable(error: Exception, address: BigQueryTable) -> WarehouseUnavailable:
    """Return the error of ours for one of `LIBRARY_ERRORS`: one line that quotes no report."""
    return WarehouseUnavailable(
        f"BigQuery table {address}: {_line(error, address)}", _retry_after(error)
    )


def _retry_after(error: Exception) -> float | None:
    """Return in how many seconds to try again, None where that is not known.

    Google sends Retry-After in seconds, never as a date (RFC 9110, 10.2.3).
    """
    if not isinstance(error, GoogleAPICallError):
        return None
    headers = {} if error.response is None else error.response.headers
    asked_for = str(headers.get("Retry-After", ""))
    if asked_for.isascii() and asked_for.isdigit():
        return float(asked_for)
    return QUOTA_SECONDS if _reason(error) == "quotaExceeded" else None


def _line(error: Exception, address: BigQueryTable) -> str:
    match error:
        case GoogleAPICallError():
            return _line_for_call(error, address)
        case TransportError() | requests.ConnectionError() | requests.Timeout() | TimeoutError():
            return f"BigQuery cannot be reached, or does not answer ({type(error).__name__})"
        case InvalidSchema() | InvalidURL() | MissingSchema():
            return "its address is not a URL; BIGQUERY_EMULATOR_HOST is given as http://HOST:PORT"
        case DefaultCredentialsError() if not isinstance(error, InvalidOperation):
            return f"there are no Application Default Credentials: {_first_line(str(error))}"
        case GoogleAuthError():
            return (
                "there are no credentials that Google accepts"
                f" ({type(error).__name__}); see Application Default Credentials"
            )
        case _:
            return f"BigQuery answers nonsense ({type(error).__name__})"


def _line_for_call(error: GoogleAPICallError, address: BigQueryTable) -> str:
    status, reason = _status(error), _reason(error)
    if reason == "quotaExceeded":
        return f"the quota of project {address.project} is exhausted (HTTP {status} {reason})"
    if status == HTTPStatus.NOT_FOUND:
        meaning = "it is missing: deleted, or made so lately that BigQuery does not know it yet"
    elif status in _QUOTED and reason != "rateLimitExceeded":
        meaning = "these credentials may not do that"
    else:
        meaning = "BigQuery cannot do that now"
    quote = f": {_quote(error)}" if status in _QUOTED else ""
    return f"{meaning} (HTTP {status} {reason}{quote})"


def _status(error: GoogleAPICallError) -> int:
    return 0 if error.code is None else int(error.code)


def _reason(error: GoogleAPICallError) -> str:
    return _first(error, "reason") or "without a reason"


def _quote(error: GoogleAPICallError) -> str:
    return _first_line(_first(error, "message"))


def _first_line(text: str) -> str:
    return text.partition("\n")[0][:_LONGEST_QUOTE]


def _first(error: GoogleAPICallError, name: str) -> str:
    for each in error.errors or ():
        if isinstance(each, dict):
            return str(each.get(name, ""))
    return ""


# As in "file-00000000: JSON parsing error in row starting at position 90: . No such field: x".
# What follows may quote the row, so the first match counts, and the second group right after it.
# A column that was added takes a while to be known everywhere, and no row can help that.
_ROW: Final = re.compile(
    r"\bin row starting at position (\d{1,18})\b(:[\s.]*no such field\b)?", re.IGNORECASE
)
_SCHEMA: Final = "Provided Schema does not match"
# Messages of these are about the table and the account; others may quote a row.
_REASONS_QUOTED: Final = frozenset({"accessDenied", "billingNotEnabled", "blocked", "notFound"})
_FIXED_BY_PEOPLE: Final = frozenset({*_REASONS_QUOTED, "invalid", "invalidQuery"})


# A load job is all or nothing: one that ends in an error has loaded no row.
# https://cloud.google.com/bigquery/docs/reference/rest/v2/Job#JobStatus


class JobError(Struct, frozen=True):
    """An entry in a job's `errors`. https://cloud.google.com/bigquery/docs/error-messages"""

    reason: str = ""
    message: str = ""

    @property
    def position(self) -> int | None:
        """Where in the file the row begins that is at fault; None where no row is."""
        match = _ROW.search(self.message) if self.reason == "invalid" else None
        return int(match[1]) if match and not match[2] else None


class UnderWay(Struct, frozen=True):
    """The job waits or runs."""


class Loaded(Struct, frozen=True):
    """All rows are in the table."""


class RowsRefused(Struct, frozen=True):
    """No row is in the table, and some do not fit its columns: `reasons` by position in the file.

    A reason may quote its row. `shape` is that of the columns which the job was given.
    """

    reasons: dict[int, str]
    shape: Shape


class Failed(Struct, frozen=True):
    """No row is in the table, for a reason that is not the fault of a row. `reason` quotes none.

    `retry_after` is in seconds, None where that is not known.
    """

    reason: str
    retry_after: float | None


Outcome: TypeAlias = Loaded | RowsRefused | Failed


def outcome_of(
    errors: Sequence[JobError], shape: Shape, *, is_done: bool = True
) -> Outcome | UnderWay:
    """Return how a job stands that was given columns of this shape.

    A job that succeeded has no errors; of one that failed the first is the final one.
    """
    if not is_done:
        return UnderWay()
    if not errors:
        return Loaded()
    reasons = {error.position: error.message for error in errors if error.position is not None}
    return RowsRefused(reasons, shape) if reasons else _failed(errors[0])


def _failed(final: JobError) -> Failed:
    if final.reason == "quotaExceeded":
        return Failed("the quota for load jobs is exhausted (quotaExceeded)", QUOTA_SECONDS)
    is_quoted = final.reason in _REASONS_QUOTED or final.message.startswith(_SCHEMA)
    quote = f": {final.message.partition(chr(10))[0][:_LONGEST_QUOTE]}" if is_quoted else ""
    retry_after = REPAIR_SECONDS if final.reason in _FIXED_BY_PEOPLE else None
    return Failed(f"a load job failed ({final.reason or 'without a reason'}{quote})", retry_after)
