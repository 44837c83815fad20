"""Errors as HTTP responses: the one table of statuses, and RFC 9457 documents.

`/openapi.json` is made from the table, and a test holds docs/protocol.md to it.
"""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Final, NamedTuple

import msgspec

from collector.errors import (
    BodyTooLarge,
    DecompressionTooCostly,
    IdempotencyKeyReused,
    InvalidCompression,
    InvalidIdempotencyKey,
    NothingPublished,
    RateExceeded,
    SpoolFull,
    SpoolUnavailable,
    UnsupportedContentEncoding,
    UnsupportedContentType,
)
from collector.http.response import Response
from report import InvalidReport, ReportTooLarge

PROBLEM_CONTENT_TYPE: Final = "application/problem+json"
RETRY_AFTER_SECONDS: Final = 30


class Row(NamedTuple):
    """A status of an error."""

    meaning: str
    errors: Mapping[type[Exception], str] = MappingProxyType({})
    """Those that are answered with it, and what each is called in the metrics."""
    is_of_server: bool = False
    """Whether the server itself, in front of the application, may answer with it."""
    may_retry: bool = False
    """Whether Retry-After says when to come again."""
    is_of_posts: bool = True
    """Whether a post may be answered with it; else only a request for statistics."""


STATUSES: Final[Mapping[HTTPStatus, Row]] = MappingProxyType(
    {
        HTTPStatus.BAD_REQUEST: Row(
            "Not JSON, or breaks a rule; `path` and `rule` say which.",
            {
                InvalidReport: "invalid_report",
                InvalidCompression: "invalid_compression",
                InvalidIdempotencyKey: "invalid_idempotency_key",
            },
            is_of_server=True,
        ),
        HTTPStatus.NOT_FOUND: Row(
            "Nothing is published there: publishing is off, or there is no such release.",
            {NothingPublished: "nothing_published"},
            is_of_posts=False,
        ),
        HTTPStatus.REQUEST_TIMEOUT: Row("The request took too long to arrive.", is_of_server=True),
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Row(
            "Over 8 MiB once decompressed, or costly to get there.",
            {
                BodyTooLarge: "body_too_large",
                DecompressionTooCostly: "decompression_too_costly",
                ReportTooLarge: "report_too_large",
            },
            is_of_server=True,
        ),
        HTTPStatus.REQUEST_URI_TOO_LONG: Row("The target is too long.", is_of_server=True),
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE: Row(
            "Wrong content type or content encoding.",
            {
                UnsupportedContentType: "unsupported_content_type",
                UnsupportedContentEncoding: "unsupported_content_encoding",
            },
        ),
        HTTPStatus.UNPROCESSABLE_ENTITY: Row(
            "The same Idempotency-Key came with another report.",
            {IdempotencyKeyReused: "idempotency_key_reused"},
        ),
        HTTPStatus.TOO_MANY_REQUESTS: Row(
            "Too often, where a limit is set; see Retry-After.",
            {RateExceeded: "rate_exceeded"},
            may_retry=True,
        ),
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: Row(
            "The header is too long, or has too many fields.", is_of_server=True
        ),
        HTTPStatus.NOT_IMPLEMENTED: Row(
            "A Transfer-Encoding other than chunked.", is_of_server=True
        ),
        HTTPStatus.SERVICE_UNAVAILABLE: Row(
            "The spool or the disk is full, or too many large bodies at once; see Retry-After.",
            {SpoolFull: "spool_full", SpoolUnavailable: "spool_unavailable"},
            may_retry=True,
            is_of_server=True,
        ),
    }
)
STATUS_OF: Final[Mapping[type[Exception], HTTPStatus]] = MappingProxyType(
    {error: status for status, row in STATUSES.items() for error in row.errors}
)


def reason_of(error: Exception) -> str:
    """Return what the metrics call `error`, one that the table knows; else raises `KeyError`."""
    kind = _kind_of(error)
    return STATUSES[STATUS_OF[kind]].errors[kind]


def server_reason(status: int) -> str:
    """Return what the metrics call a request that the server itself answered with `status`."""
    return f"http_{status}"


REASONS: Final = (
    *(reason for row in STATUSES.values() if row.is_of_posts for reason in row.errors.values()),
    *(server_reason(status) for status, row in STATUSES.items() if row.is_of_server),
)
"""Everything that a post may be refused for, as the metrics call it."""


def problem(
    status: HTTPStatus,
    detail: str,
    members: Mapping[str, str] | None = None,
    headers: tuple[tuple[str, str], ...] = (),
) -> Response:
    """A response that says what went wrong; `members` are further fields of the document.

    The type of the document is `about:blank`, so its title is the phrase of the status (RFC 9457).
    """
    document = {"title": status.phrase, "status": status.value, "detail": detail, **(members or {})}
    content_type = ("Content-Type", PROBLEM_CONTENT_TYPE)
    encoded = msgspec.json.encode(document)
    return Response(f"{status.value} {status.phrase}", (content_type, *headers), encoded)


def problem_of(error: Exception) -> Response:
    """Return the response to `error`. Raises `KeyError` for one that the table does not know."""
    status = STATUS_OF[_kind_of(error)]
    members = {"path": error.path, "rule": error.rule} if isinstance(error, InvalidReport) else {}
    return problem(status, str(error), members, _headers_of(error, status))


def _kind_of(error: Exception) -> type[Exception]:
    """Return the nearest class of `error` that the table knows, its own where it knows none."""
    kinds = type(error).__mro__
    return next((kind for kind in kinds if kind in STATUS_OF), type(error))


def _headers_of(error: Exception, status: HTTPStatus) -> tuple[tuple[str, str], ...]:
    if isinstance(error, RateExceeded):
        return (("Retry-After", str(error.retry_after_seconds)),)
    if isinstance(error, UnsupportedContentEncoding):
        # RFC 9110, 15.5.16: says which encoding would have been taken.
        return (("Accept-Encoding", "gzip"),)
    if STATUSES[status].may_retry:
        return (("Retry-After", str(RETRY_AFTER_SECONDS)),)
    return ()
