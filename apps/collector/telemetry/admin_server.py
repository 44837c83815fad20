"""`/metrics`, `/healthz` and `/readyz` for operators, apart from what the public reaches.

Served in threads, so that it answers while the loop that receives reports goes on or is stuck. It
is at a Unix socket in the data directory, for `collector status`, and on a TCP port where one is
asked for. Whoever can reach it can ask as often as they like.
"""

import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import msgspec
from prometheus_client import CollectorRegistry, make_wsgi_app

from collector.disk.unix_socket import listen_at
from collector.errors import CannotListen, DataDirectoryUnusable

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

SOCKET_NAME: Final = "admin"
"""The name of the Unix socket in the data directory."""

_PRIVATE: Final = 0o600
_BACKLOG: Final = 16
_SILENCE_SECONDS: Final = 10.0
_LOCAL: Final = ("127.0.0.1", 0)

Page: TypeAlias = Callable[["WSGIEnvironment", "StartResponse"], Iterable[bytes]]


def admin_application(
    registry: CollectorRegistry,
    *,
    is_alive: Callable[[], bool],
    reasons: Callable[[], tuple[str, ...]],
    notices: Callable[[], tuple[str, ...]] = tuple,
) -> "WSGIApplication":
    """Return the pages. `is_alive` asks the service; `reasons` are why it takes no reports.

    `notices` are what else is wrong.
    """
    metrics = make_wsgi_app(registry)

    def healthz(_: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        if is_alive():
            return _answer(start, HTTPStatus.OK, "text/plain", b"ok\n")
        return _answer(start, HTTPStatus.SERVICE_UNAVAILABLE, "text/plain", b"no answer\n")

    def readyz(_: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        found = reasons()
        status = HTTPStatus.SERVICE_UNAVAILABLE if found else HTTPStatus.OK
        body = msgspec.json.encode({"ready": not found, "reasons": (*found, *notices())})
        return _answer(start, status, "application/json", body)

    return _Pages({"/metrics": metrics, "/healthz": healthz, "/readyz": readyz})


@contextmanager
def served_at(path: Path, application: "WSGIApplication") -> Iterator[None]:
    """Serve at a Unix socket, to its owner alone, for as long as the `with` block lasts.

    Raises `DataDirectoryUnusable`.
    """
    try:
        listening = listen_at(path, mode=_PRIVATE, backlog=_BACKLOG)
    except OSError as error:
        raise DataDirectoryUnusable(f"{path} cannot be made: {error.strerror}") from error
    with _serving(listening, application):
        yield


@contextmanager
def served_on(host: str, port: int, application: "WSGIApplication") -> Iterator[int]:
    """Serve on a TCP port for as long as the `with` block lasts; gives the port, which may be 0.

    Raises `CannotListen`.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        reason = str(error.strerror or error).partition(" (while")[0]
        raise CannotListen(f"cannot serve metrics on {host} port {port}: {reason}") from error
    with _serving(listening, application):
        yield int(listening.getsockname()[1])


class _Pages:
    """Answers a path with its page, and every other with 404."""

    def __init__(self, pages: Mapping[str, Page]) -> None:
        self._pages: Final = pages

    def __call__(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        page = self._pages.get(environ["PATH_INFO"])
        if page is None:
            return _answer(start, HTTPStatus.NOT_FOUND, "text/plain", b"there is no such page\n")
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            return _answer(start, HTTPStatus.METHOD_NOT_ALLOWED, "text/plain", b"GET it\n")
        body = page({**environ, "REQUEST_METHOD": "GET"}, start)
        return body if environ["REQUEST_METHOD"] == "GET" else []


def _answer(
    start: "StartResponse", status: HTTPStatus, content_type: str, body: bytes
) -> Iterable[bytes]:
    headers = [("Content-Type", content_type), ("Content-Length", str(len(body)))]
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        headers.append(("Allow", "GET, HEAD"))
    start(f"{status.value} {status.phrase}", headers)
    return [body]


class _Handler(WSGIRequestHandler):
    """Logs nothing, and does not wait long for a client."""

    timeout = _SILENCE_SECONDS

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - http.server's
        pass


class _Server(ThreadingMixIn, WSGIServer):
    """A thread a request, on a socket that listens already."""

    daemon_threads = True

    def __init__(self, listening: socket.socket, application: "WSGIApplication") -> None:
        super().__init__(_LOCAL, _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listening
        self.server_name, self.server_port = _LOCAL
        self.setup_environ()
        self.set_app(application)

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        connected, address = self.socket.accept()
        return connected, address or _LOCAL

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore a client that is gone, or sends nothing."""


@contextmanager
def _serving(listening: socket.socket, application: "WSGIApplication") -> Iterator[None]:
    server = _Server(listening, application)
    thread = threading.Thread(target=server.serve_forever, name="admin", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
