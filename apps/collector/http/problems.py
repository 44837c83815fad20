"""Errors as HTTP answers: the one table from exception to status, and RFC 9457 documents."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

import msgspec

from collector.errors import (
    BodyTooLarge,
    DecompressionTooCostly,
    IdempotencyKeyReused,
    InvalidCompression,
    InvalidIdempotencyKey,
    RateExceeded,
    SpoolFull,
    SpoolUnavailable,
    UnsupportedContentEncoding,
    UnsupportedContentType,
)
from report import InvalidReport, ReportTooLarge

PROBLEM_CONTENT_TYPE: Final = "application/problem+json"
RETRY_AFTER_SECONDS: Final = 30

STATUS_OF: Final[Mapping[type[Exception], HTTPStatus]] = MappingProxyType(
    {
        InvalidReport: HTTPStatus.BAD_REQUEST,
        InvalidCompression: HTTPStatus.BAD_REQUEST,
        InvalidIdempotencyKey: HTTPStatus.BAD_REQUEST,
        BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        DecompressionTooCostly: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        ReportTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        UnsupportedContentType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        UnsupportedContentEncoding: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        IdempotencyKeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
        RateExceeded: HTTPStatus.TOO_MANY_REQUESTS,
        SpoolFull: HTTPStatus.SERVICE_UNAVAILABLE,
        SpoolUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    }
)

_HEADERS_OF: Final[Mapping[type[Exception], Mapping[str, str]]] = MappingProxyType(
    {
        SpoolFull: {"Retry-After": str(RETRY_AFTER_SECONDS)},
        SpoolUnavailable: {"Retry-After": str(RETRY_AFTER_SECONDS)},
        # RFC 9110, 15.5.16: says which encoding would have been taken.
        UnsupportedContentEncoding: {"Accept-Encoding": "gzip"},
    }
)


@dataclass(frozen=True)
class Problem:
    """An answer that says what went wrong. `members` are further fields of the document."""

    status: HTTPStatus
    detail: str
    members: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def document(self) -> bytes:
        """The RFC 9457 document. Its type is `about:blank`, so the title is the status phrase."""
        return msgspec.json.encode(
            {
                "title": self.status.phrase,
                "status": self.status.value,
                "detail": self.detail,
                **self.members,
            }
        )


def problem_of(error: Exception) -> Problem:
    """Return the answer for `error`; an error that the table does not know tells nothing."""
    for kind in type(error).__mro__:
        if kind in STATUS_OF:
            headers = _headers_of(error, kind)
            return Problem(STATUS_OF[kind], str(error), _members_of(error), headers)
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "the collector failed; this was logged")


def _members_of(error: Exception) -> Mapping[str, str]:
    if isinstance(error, InvalidReport):
        return {"path": error.path, "rule": error.rule}
    return {}


def _headers_of(error: Exception, kind: type[Exception]) -> Mapping[str, str]:
    if isinstance(error, RateExceeded):
        return {"Retry-After": str(error.retry_after_seconds)}
    return _HEADERS_OF.get(kind, {})
