"""What BigQuery's refusals mean: when to come again, and how they are told.

https://cloud.google.com/bigquery/docs/error-messages
"""

from http import HTTPStatus
from typing import Final

import requests
from google.api_core.exceptions import GoogleAPICallError, GoogleAPIError
from google.auth.exceptions import (
    DefaultCredentialsError,
    GoogleAuthError,
    InvalidOperation,
    TransportError,
)
from requests.exceptions import InvalidSchema, InvalidURL, MissingSchema

from collector.errors import WarehouseUnavailable
from collector.warehouse.bigquery import BigQueryTable

QUOTA_SECONDS: Final = 300.0
"""When to come again after a quota was exhausted. It fills up over hours, and failed jobs count:
https://cloud.google.com/bigquery/docs/optimize-load-jobs"""

MENDING_SECONDS: Final = 60.0
"""When to come again where somebody has to act first."""

# What these say is about the table and the account; other messages may quote a report.
_TOLD_IN_FULL: Final = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
)
_LONGEST_QUOTE: Final = 200

LIBRARY_ERRORS: Final = (
    GoogleAPIError,
    GoogleAuthError,
    requests.RequestException,
    TimeoutError,
    # What the client library stumbles over where a 200 holds something else than it should.
    AttributeError,
    KeyError,
    TypeError,
    ValueError,
)
"""What comes out of the libraries between BigQuery and us."""


def is_access_denied(error: GoogleAPICallError) -> bool:
    """Whether the account lacks a permission, rather than a quota being used up."""
    return _reason(error) == "accessDenied"


def unavailable(error: Exception, address: BigQueryTable) -> WarehouseUnavailable:
    """Return the error of ours for one of `LIBRARY_ERRORS`: one line that quotes no report."""
    return WarehouseUnavailable(
        f"BigQuery table {address}: {_line(error, address)}", _retry_after(error)
    )


def _retry_after(error: Exception) -> float | None:
    """Return in how many seconds to come again, None where nobody knows.

    Google sends Retry-After in seconds, never as a date (RFC 9110, 10.2.3).
    """
    if not isinstance(error, GoogleAPICallError):
        return None
    headers = {} if error.response is None else error.response.headers
    wish = str(headers.get("Retry-After", ""))
    if wish.isascii() and wish.isdigit():
        return float(wish)
    return QUOTA_SECONDS if _reason(error) == "quotaExceeded" else None


def _line(error: Exception, address: BigQueryTable) -> str:
    match error:
        case GoogleAPICallError():
            return _line_for_call(error, address)
        case TransportError() | requests.ConnectionError() | requests.Timeout() | TimeoutError():
            return f"BigQuery cannot be reached, or does not answer ({type(error).__name__})"
        case InvalidSchema() | InvalidURL() | MissingSchema():
            return "its address is no URL; BIGQUERY_EMULATOR_HOST is given as http://HOST:PORT"
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
    elif status in _TOLD_IN_FULL and reason != "rateLimitExceeded":
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
