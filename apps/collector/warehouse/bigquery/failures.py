"""What BigQuery's refusals mean: which may pass, whose fault they are, and how they are told.

https://cloud.google.com/bigquery/docs/error-messages
https://cloud.google.com/bigquery/docs/streaming-data-into-bigquery#troubleshooting
"""

from http import HTTPStatus
from typing import Final, TypeAlias

import msgspec
import requests
from google.api_core.exceptions import GoogleAPICallError, GoogleAPIError
from google.auth.exceptions import (
    DefaultCredentialsError,
    GoogleAuthError,
    InvalidOperation,
    TransportError,
)

from collector.errors import WarehouseUnavailable
from collector.warehouse.bigquery.address import BigQueryTable

PASSING_REASONS: Final = frozenset(
    {
        "backendError",
        "badGateway",
        "internalError",
        "quotaExceeded",
        "rateLimitExceeded",
        "tableUnavailable",
        "timeout",
    }
)
"""Reasons for not taking a row that are never the row's own fault."""

# Not the quota: it is filled up again over minutes to days, which a deadline of seconds misses.
_RETRIED_REASONS: Final = PASSING_REASONS - {"quotaExceeded"}
_SERVER_ERRORS: Final = 500
_BUSY: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
_NOT_THE_TABLES: Final = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.REQUEST_URI_TOO_LONG}
)
# What these say is about the table and the account; a message about a request may quote a report.
_TOLD_IN_FULL: Final = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
)
_LONGEST_QUOTE: Final = 200


class NotYet(Exception):
    """The call was answered, and what was wanted has not happened. `reason` is for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RowsNotTaken(NotYet):
    """BigQuery did not take some rows, without saying that they are invalid.

    `may_pass` says whether the reason is one that is never a row's own fault.
    """

    def __init__(self, reason: str, *, may_pass: bool) -> None:
        super().__init__(reason)
        self.may_pass = may_pass


class RequestRefused(Exception):
    """BigQuery refuses a request as it is: because of a row in it, unless it refuses all."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RowsBuffered(Exception):
    """A deletion would touch rows in the streaming buffer, which BigQuery cannot change yet."""


LibraryError: TypeAlias = (
    GoogleAPIError | GoogleAuthError | requests.RequestException | msgspec.DecodeError
)
"""What comes out of the libraries between BigQuery and us; `DecodeError` is garbage in a 200."""

LIBRARY_ERRORS: Final = (
    GoogleAPIError,
    GoogleAuthError,
    requests.RequestException,
    msgspec.DecodeError,
)


def may_pass(error: Exception) -> bool:
    """Whether the same call may succeed within a minute."""
    match error:
        case NotYet() | TransportError() | msgspec.DecodeError():
            return True
        case GoogleAPICallError():
            status = _status(error)
            return status in _BUSY or status >= _SERVER_ERRORS or _reason(error) in _RETRIED_REASONS
        case requests.exceptions.SSLError():
            return False  # a certificate that is wrong stays so
        case requests.RequestException():
            return True
        case _:
            return False


def is_access_denied(error: GoogleAPICallError) -> bool:
    """Whether the account lacks a permission, rather than a quota being used up."""
    return _reason(error) == "accessDenied"


def is_about_buffer(error: GoogleAPICallError) -> bool:
    """Whether a statement was refused for rows in the streaming buffer.

    https://cloud.google.com/bigquery/docs/data-manipulation-language#limitations
    """
    return "streaming buffer" in _first(error, "message")


def refusal_of(error: GoogleAPICallError) -> RequestRefused | None:
    """Return why BigQuery refuses this very request, None where it is something else."""
    if _status(error) not in _NOT_THE_TABLES or may_pass(error):
        return None
    return RequestRefused(f"HTTP {_status(error)}: {_reason(error)}: {_quote(error)}")


def unavailable(error: LibraryError | NotYet, address: BigQueryTable) -> WarehouseUnavailable:
    """Return the error of ours, one line for people that quotes no report."""
    return WarehouseUnavailable(f"BigQuery table {address}: {_line(error, address)}")


def _line(error: LibraryError | NotYet, address: BigQueryTable) -> str:
    match error:
        case NotYet():
            return error.reason
        case GoogleAPICallError():
            return _line_for_call(error, address)
        case TransportError() | requests.RequestException():
            return f"BigQuery cannot be reached ({type(error).__name__})"
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
    elif status in _TOLD_IN_FULL:
        meaning = "these credentials may not do that"
    else:
        meaning = "BigQuery cannot do that now"
    quote = f": {_quote(error)}" if status in _TOLD_IN_FULL else ""
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
