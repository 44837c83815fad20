"""What one running simulator does with a request: counts it, applies the script, answers."""

from base64 import b64decode
from collections import Counter
from dataclasses import dataclass
from threading import Condition
from typing import Final, TypeAlias

from tools.simulator.answers import Answers, Store
from tools.simulator.cluster import Cluster
from tools.simulator.faults import (
    ConnectionReset,
    EndlessContinue,
    ExpiredToken,
    Fault,
    Forbidden,
    Refusal,
    RotateToken,
    Script,
    Silence,
    SlowBytes,
    SlowHead,
    Verbatim,
)
from tools.simulator.messages import Request, Response, status_response
from tools.simulator.rbac import forbidden_response

_UNAUTHORIZED: Final = status_response(code=401, reason="Unauthorized", message="Unauthorized")


ConnectionFault: TypeAlias = ConnectionReset | Silence | SlowBytes | SlowHead | EndlessContinue
"""How an answer is kept from arriving."""


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """An answer and how it is sent: at once, or as a fault of the connection says."""

    response: Response
    fault: ConnectionFault | None = None


class ScriptedAPI:
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
        if not self._knows(request, token):
            return Delivery(response=_UNAUTHORIZED)
        impersonated = request.headers.get("impersonate-user", "")
        if impersonated in self._script.powerless:
            return Delivery(response=forbidden_response(request, user=impersonated))
        if isinstance(fault, ConnectionFault):
            return Delivery(response=self._answers.answer(request, store), fault=fault)
        scripted = _scripted_response(fault, request)
        return Delivery(response=scripted or self._answers.answer(request, store))

    def _knows(self, request: Request, token: str | None) -> bool:
        """Say whether a request comes from a known client, where the script asks for one."""
        script = self._script
        if (token, script.password, script.client) == (None, None, None):
            return True
        return (
            (token is not None and _credentials(request, "bearer") == token)
            or (script.password is not None and _password(request) == script.password)
            or (script.client is not None and request.client == script.client)
        )

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


def _credentials(request: Request, wanted: str) -> str | None:
    """Read what a request presents under a scheme (RFC 6750, RFC 7617; in any case, RFC 9110)."""
    scheme, _, presented = request.headers.get("authorization", "").partition(" ")
    return presented if scheme.lower() == wanted else None


def _password(request: Request) -> str | None:
    presented = _credentials(request, "basic")
    return None if presented is None else b64decode(presented).decode()


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
