"""What one running simulator does with a request: counts it, applies the script, answers."""

from collections import Counter
from dataclasses import dataclass
from threading import Condition
from typing import Final

from tools.simulator.answers import Answers, Store
from tools.simulator.cluster import Cluster
from tools.simulator.faults import (
    ConnectionReset,
    ExpiredToken,
    Fault,
    Forbidden,
    Refusal,
    RotateToken,
    Script,
    Silence,
    SlowBytes,
    Verbatim,
)
from tools.simulator.messages import Request, Response, status_response
from tools.simulator.rbac import forbidden_response

_UNAUTHORIZED: Final = status_response(code=401, reason="Unauthorized", message="Unauthorized")


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """An answer and how it is sent: at once, or as a fault of the connection says."""

    response: Response
    manner: ConnectionReset | Silence | SlowBytes | None = None


class Exchange:
    """The state that requests share: what was seen, which token is right, which pages expired."""

    def __init__(self, cluster: Cluster, script: Script) -> None:
        self._answers = Answers(cluster)
        self._script = script
        self._token = script.token
        self._store = Store()
        self._requests: list[Request] = []
        self._counts: Counter[str] = Counter()
        self._changed = Condition()

    @property
    def requests(self) -> tuple[Request, ...]:
        """All requests so far, in the order in which they arrived."""
        with self._changed:
            return tuple(self._requests)

    def wait_for_request(self, path: str, *, nth: int, seconds: float) -> None:
        """Wait until the nth request of a path has arrived. Raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._counts[path] >= nth, timeout=seconds):
                raise TimeoutError(f"no request number {nth} of {path} within {seconds} seconds")

    def handle(self, request: Request) -> Delivery:
        """Record a request and decide on its answer. Raises OSError where a rotated token cannot
        be written to its file.
        """
        with self._changed:
            self._requests.append(request)
            self._counts[request.path] += 1
            fault = self._script.fault(request.path, self._counts[request.path])
            self._change_state(fault, request)
            token, store = self._token, self._store
            self._changed.notify_all()
        if token is not None and _bearer_token(request) != token:
            return Delivery(response=_UNAUTHORIZED)
        if isinstance(fault, ConnectionReset | Silence | SlowBytes):
            return Delivery(response=self._answers.answer(request, store), manner=fault)
        scripted = _scripted_response(fault, request)
        return Delivery(response=scripted or self._answers.answer(request, store))

    def _change_state(self, fault: Fault | None, request: Request) -> None:
        match fault:
            case RotateToken(token=token, token_file=token_file):
                if token_file is not None:
                    token_file.write_text(token)
                self._token = token
            case ExpiredToken(fresh=fresh) if "continue" in request.query:
                self._store = self._store.compacted(offers_successor=fresh)
            case _:
                pass


def _bearer_token(request: Request) -> str | None:
    """Read the token that a request presents (RFC 6750; the scheme in any case, RFC 9110)."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else None


def _scripted_response(fault: Fault | None, request: Request) -> Response | None:
    """Return the answer that a fault puts in place of the healthy one, if it does."""
    match fault:
        case Refusal():
            return status_response(
                code=fault.code,
                reason=fault.reason,
                message=fault.message,
                retry_after_seconds=fault.retry_after_seconds,
            )
        case Verbatim():
            return Response(status=fault.code, body=fault.body, headers=fault.headers)
        case Forbidden():
            return forbidden_response(request, user=fault.user)
        case _:
            return None
