"""A server on a free port and a client that sees every byte."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from threading import Thread
from typing import TYPE_CHECKING, Protocol

import pytest

from collector.http.limits import ServerSettings
from collector.http.request import Request
from collector.http.response import Answer
from collector.http.server import Server

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

PATIENCE_SECONDS = 10.0
ANY_PORT = ServerSettings(port=0)
UNAVAILABLE = Answer("503 Service Unavailable", [("Retry-After", "1")], b"not stored")


@dataclass(frozen=True, slots=True)
class Seen:
    """An answer as a client sees it; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class RawClient:
    """A connection on which a test sends what it likes."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=PATIENCE_SECONDS)
        self._file = self.socket.makefile("rb")

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.socket.sendall(data)

    def answer(self, *, to_head: bool = False) -> Seen:
        """Read one answer; its length must be stated, for no answer of ours goes without."""
        status = int(self._file.readline().split(b" ")[1])
        headers: dict[str, str] = {}
        while (line := self._file.readline().strip()) != b"":
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        bare = to_head or status in {100, 204, 304}
        return Seen(
            status, headers, b"" if bare else self._file.read(int(headers["content-length"]))
        )

    def is_closed(self) -> bool:
        """Whether the server ends the connection, with nothing more to read, in good time."""
        try:
            return self._file.read(1) == b""
        except ConnectionResetError:
            return True

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self.socket.close()


def post(body: bytes, *headers: str, target: str = "/", close: bool = False) -> bytes:
    """A whole POST request."""
    lines = [f"POST {target} HTTP/1.1", "Host: test", f"Content-Length: {len(body)}", *headers]
    if close:
        lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def get(target: str = "/", *headers: str, method: str = "GET", version: str = "1.1") -> bytes:
    """A whole request without a body."""
    lines = [f"{method} {target} HTTP/{version}", "Host: test", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def echo(environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
    """An application that answers with method, path and body."""
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} ".encode(), body]


def nothing_to_commit() -> None:
    """The commit of an application that puts nothing aside."""


def unavailable(_: Exception) -> Answer:
    """The answer to all whose commit failed."""
    return UNAVAILABLE


class ManualClock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """The seconds of now."""
        return self.now


@dataclass(slots=True)
class Running:
    """A server that runs in a thread of its own."""

    server: Server
    thread: Thread
    clients: ExitStack = field(default_factory=ExitStack)

    def client(self) -> RawClient:
        """Connect; the connection ends with the test at the latest."""
        return self.clients.enter_context(closing(RawClient(self.server.address)))

    def stop(self, grace_seconds: float = 0.0) -> None:
        """Shut down and wait until `run` has returned."""
        self.server.shut_down(grace_seconds)
        self.thread.join(PATIENCE_SECONDS)


class Serve(Protocol):
    """Starts a server for the test."""

    def __call__(
        self,
        application: "WSGIApplication" = ...,
        *,
        commit: Callable[[], None] = ...,
        commit_failed: Callable[[Exception], Answer | None] = ...,
        settings: ServerSettings = ...,
        clock: Callable[[], float] = ...,
        wall_clock: Callable[[], float] = ...,
        cost_of: Callable[[Request], int] = ...,
    ) -> Running:
        """Start one on a free port of the loopback address, unless told otherwise."""
        ...


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers that are stopped when the test ends."""
    started: list[Running] = []

    def start(
        application: "WSGIApplication" = echo,
        *,
        commit: Callable[[], None] = nothing_to_commit,
        commit_failed: Callable[[Exception], Answer | None] = unavailable,
        settings: ServerSettings = ANY_PORT,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
        cost_of: Callable[[Request], int] = lambda request: request.body_size,
    ) -> Running:
        server = Server(
            application,
            commit=commit,
            commit_failed=commit_failed,
            settings=settings,
            clock=clock,
            wall_clock=wall_clock,
            cost_of=cost_of,
        )
        running = Running(server, Thread(target=server.run))
        running.thread.start()
        started.append(running)
        return running

    yield start
    for running in started:
        running.clients.close()
        running.stop()
        if running.thread.is_alive():
            pytest.fail("the server did not stop")
