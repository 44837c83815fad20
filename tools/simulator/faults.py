"""What can go wrong on purpose: plain values that say which request meets which fault."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

DEFAULT_USER = "system:serviceaccount:spartakus:spartakus-volunteer"


@dataclass(frozen=True, kw_only=True)
class ExpiredToken:
    """410 for a request that carries a continue token; other requests are answered as usual.

    Every token given out so far is expired for good, as after a compaction of etcd: sending one
    again is answered with 410 too. `fresh` says whether the answer offers a token that goes on,
    inconsistently, from the same place.
    """

    fresh: bool = True


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A `Status` object with this HTTP status; `retry_after_seconds` adds the header."""

    code: int
    reason: str
    message: str
    retry_after_seconds: int | None = None


@dataclass(frozen=True, kw_only=True)
class Forbidden:
    """403 in the words of RBAC, for what the request asked and this user."""

    user: str = DEFAULT_USER


@dataclass(frozen=True, kw_only=True)
class Verbatim:
    """Any answer at all, such as a proxy's page of HTML."""

    code: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ConnectionReset:
    """The right head, the first bytes of the right body, then a TCP reset."""

    after_bytes: int = 0


@dataclass(frozen=True, kw_only=True)
class Silence:
    """The request is read and never answered; the connection stays open."""


@dataclass(frozen=True, kw_only=True)
class SlowBytes:
    """The right answer, so many bytes of the body at a time, with a pause before each."""

    bytes_at_a_time: int
    pause_seconds: float


@dataclass(frozen=True, kw_only=True)
class SlowHead:
    """The head of an answer, a byte at a time with a pause before each, and never its end."""

    pause_seconds: float


@dataclass(frozen=True, kw_only=True)
class EndlessContinue:
    """`100 Continue` again and again, and never an answer."""

    pause_seconds: float


@dataclass(frozen=True, kw_only=True)
class RotateToken:
    """From this request on another bearer token is the right one.

    `token_file`, where given, is rewritten first, as the kubelet does in a pod.
    """

    token: str
    token_file: Path | None = None


Fault: TypeAlias = (
    ExpiredToken
    | Refusal
    | Forbidden
    | Verbatim
    | ConnectionReset
    | Silence
    | SlowBytes
    | SlowHead
    | EndlessContinue
    | RotateToken
)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A fault for `times` requests of a path, counted from its `first` (1 is the first of all);
    `times` None is always.
    """

    path: str
    fault: Fault
    first: int = 1
    times: int | None = 1

    def meets(self, path: str, nth: int) -> bool:
        """Say whether the nth request of this path meets the fault."""
        if path != self.path or nth < self.first:
            return False
        return self.times is None or nth < self.first + self.times


@dataclass(frozen=True, kw_only=True)
class Script:
    """All that goes wrong. Where two rules meet one request, the earlier one wins.

    A client has to be known (otherwise 401), by one of what is given here: `token` is a bearer
    token, `password` a user and password with a colon between them, `client` the name in a
    certificate. Whom they impersonate may not be one of `powerless` (else 403).
    """

    rules: tuple[Rule, ...] = ()
    token: str | None = None
    password: str | None = None
    client: str | None = None
    powerless: frozenset[str] = frozenset()

    def fault(self, path: str, nth: int) -> Fault | None:
        """Return the fault that the nth request of a path meets, if any."""
        return next((rule.fault for rule in self.rules if rule.meets(path, nth)), None)


def throttled(retry_after_seconds: int) -> Verbatim:
    """Make the 429 of an API server that sheds load (API Priority and Fairness): plain text."""
    return Verbatim(
        code=429,
        body=b"Too many requests, please try again later.\n",
        headers={
            "Content-Type": "text/plain; charset=utf-8",
            "Retry-After": str(retry_after_seconds),
        },
    )


def internal_error() -> Refusal:
    """Make a 500 as etcd trouble causes it."""
    return Refusal(
        code=500, reason="InternalError", message="Internal error occurred: etcdserver: timeout"
    )


def unavailable(retry_after_seconds: int | None = None) -> Refusal:
    """Make a 503, with or without Retry-After."""
    return Refusal(
        code=503,
        reason="ServiceUnavailable",
        message="the server is currently unable to handle the request",
        retry_after_seconds=retry_after_seconds,
    )
