"""What can go wrong on purpose: plain values, and which request meets which."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final, TypeAlias

from tools.bigquery.messages import Request

INSERT: Final = "jobs.insert"
"""The request with which a load job is accepted: the last one of an upload."""


@dataclass(frozen=True, kw_only=True)
class HTTPError:
    """An error as Google sends it. `retry_after_seconds` adds the header."""

    status: int
    reason: str
    message: str = ""
    retry_after_seconds: int | None = None


@dataclass(frozen=True, kw_only=True)
class ProxyError:
    """An answer of something between client and BigQuery: any status, and a page of HTML."""

    status: int


@dataclass(frozen=True, kw_only=True)
class Garbage:
    """Status 200 and a body that is cut, or another one; what was asked for is not done."""

    body: bytes = b'{"kind": "bigquery#t'


@dataclass(frozen=True, kw_only=True)
class Reset:
    """The connection is reset without an answer; what was asked for is done when `applied`."""

    applied: bool = False


@dataclass(frozen=True, kw_only=True)
class Silence:
    """No answer, the connection stays open; what was asked for is done when `applied`."""

    applied: bool = False


@dataclass(frozen=True, kw_only=True)
class JobError:
    """The job is accepted and runs, and fails with this error without having loaded anything."""

    reason: str
    message: str = ""


Fault: TypeAlias = HTTPError | ProxyError | Garbage | Reset | Silence | JobError

FaultScript: TypeAlias = Callable[[Request], Fault | None]
"""Says which fault a request meets, if any. Called for one request at a time."""


def no_faults(request: Request) -> Fault | None:
    """Let every request be answered as it should."""
    del request
    return None


def always(fault: Fault, *, method: str | None = None) -> FaultScript:
    """Let every request of a method meet the fault, or every request whatever its method."""
    return lambda request: fault if method in {None, request.method} else None


def first(count: int, fault: Fault, *, method: str = INSERT) -> FaultScript:
    """Let the first `count` requests of a method meet the fault."""
    left = [count]

    def choose(request: Request) -> Fault | None:
        if request.method != method or not left[0]:
            return None
        left[0] -= 1
        return fault

    return choose


def in_turn(
    faults: tuple[Fault, ...], *, of_ten: int, methods: Collection[str] = (INSERT,)
) -> FaultScript:
    """Let `of_ten` of ten requests meet a fault, spread evenly, the faults alternating."""
    requests = [0]
    met = [0]

    def choose(request: Request) -> Fault | None:
        if request.method not in methods:
            return None
        requests[0] += 1
        if requests[0] * of_ten // 10 <= met[0]:
            return None
        met[0] += 1
        return faults[(met[0] - 1) % len(faults)]

    return choose


ACCESS_REVOKED: Final = HTTPError(
    status=403,
    reason="accessDenied",
    message="Access Denied: Permission bigquery.tables.updateData denied",
)
NOT_AUTHENTICATED: Final = HTTPError(status=401, reason="authError", message="Invalid Credentials")
QUOTA_EXCEEDED: Final = HTTPError(
    status=403,
    reason="quotaExceeded",
    message="Quota exceeded: Your table exceeded quota for imports or query appends per table.",
)
RATE_EXCEEDED: Final = HTTPError(
    status=403,
    reason="rateLimitExceeded",
    message="Exceeded rate limits: too many table update operations for this table.",
)
SERVER_ERROR: Final = HTTPError(status=500, reason="internalError", message="An internal error")
UNAVAILABLE: Final = HTTPError(status=503, reason="backendError", message="Error encountered")


def too_many_requests(retry_after_seconds: int | None = None) -> HTTPError:
    """A 429, with or without Retry-After."""
    return HTTPError(
        status=429,
        reason="rateLimitExceeded",
        message="Exceeded rate limits",
        retry_after_seconds=retry_after_seconds,
    )
