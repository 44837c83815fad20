"""What can go wrong on purpose: plain values, and which request meets which."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from tools.bigquery.messages import Request


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
    """Status 200 and a body that is cut."""


@dataclass(frozen=True, kw_only=True)
class Reset:
    """The connection is reset without an answer; what was asked for is done when `applied`."""

    applied: bool = False


@dataclass(frozen=True, kw_only=True)
class Silence:
    """No answer, the connection stays open; what was asked for is done when `applied`."""

    applied: bool = False


@dataclass(frozen=True, kw_only=True)
class EveryRow:
    """Status 200, and each row of the request refused for this reason; none is inserted."""

    reason: str
    message: str = ""


Fault: TypeAlias = HTTPError | ProxyError | Garbage | Reset | Silence | EveryRow

FaultScript: TypeAlias = Callable[[Request], Fault | None]
"""Says which fault a request meets, if any. Called for one request at a time."""


def no_faults(request: Request) -> Fault | None:
    """Let every request be answered as it should."""
    del request
    return None


def first(count: int, fault: Fault, *, method: str = "insertAll") -> FaultScript:
    """Let the first `count` requests of a method meet the fault."""
    left = [count]

    def choose(request: Request) -> Fault | None:
        if request.method != method or not left[0]:
            return None
        left[0] -= 1
        return fault

    return choose


def in_turn(faults: tuple[Fault, ...], *, of_ten: int) -> FaultScript:
    """Let `of_ten` of ten inserts meet a fault, spread evenly, and the faults take turns."""
    inserts = [0]
    met = [0]

    def choose(request: Request) -> Fault | None:
        if request.method != "insertAll":
            return None
        inserts[0] += 1
        if inserts[0] * of_ten // 10 <= met[0]:
            return None
        met[0] += 1
        return faults[(met[0] - 1) % len(faults)]

    return choose


ACCESS_REVOKED: Fault = HTTPError(
    status=403,
    reason="accessDenied",
    message="Access Denied: Permission bigquery.tables.updateData denied",
)
NOT_AUTHENTICATED: Fault = HTTPError(status=401, reason="authError", message="Invalid Credentials")
QUOTA_EXCEEDED: Fault = HTTPError(
    status=403,
    reason="quotaExceeded",
    message="Quota exceeded: Your project exceeded quota for streaming insert bytes per second.",
)
SERVER_ERROR: Fault = HTTPError(status=500, reason="internalError", message="An internal error")
UNAVAILABLE: Fault = HTTPError(status=503, reason="backendError", message="Error encountered")

BUFFERED: Fault = HTTPError(
    status=400,
    reason="invalidQuery",
    message="UPDATE or DELETE statement over table project.dataset.reports would affect rows in "
    "the streaming buffer, which is not supported",
)


def too_many_requests(retry_after_seconds: int | None = None) -> Fault:
    """A 429, with or without Retry-After."""
    return HTTPError(
        status=429,
        reason="rateLimitExceeded",
        message="Exceeded rate limits",
        retry_after_seconds=retry_after_seconds,
    )
