"""A server on a free port and a client that sees every byte."""

import selectors
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from collector.errors import SpoolUnavailable
from collector.http import Limits
from collector.http.connections import Connections
from collector.http.dispatcher import GroupCommit
from collector.http.listener import listen
from collector.http.request import Request
from collector.http.response import Response
from collector.http.server import DEFAULT_LIMITS, Server
from collector.records import AcceptedReport
from collector.spool.writer import Added, Spool
from collector.telemetry.logs import get_log
from collector.telemetry.metrics import Metrics

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

TIMEOUT_SECONDS = 10.0
LOOPBACK = "127.0.0.1"
UNAVAILABLE = Response("503 Service Unavailable", [("Retry-After", "1")], b"not stored")


@dataclass(frozen=True, slots=True)
class Seen:
    """A response as a client sees it; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class RawClient:
    """A connection on which a test sends what it likes."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=TIMEOUT_SECONDS)
        self._file = self.socket.makefile("rb")

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.socket.sendall(data)

    def response(self, *, to_head: bool = False) -> Seen:
        """Read one response; its length must be stated, because every response has one."""
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
        """Disconnect."""
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


class FakeSpool(Spool):
    """Takes reports and commits them, or fails as a test wants it."""

    def __init__(self) -> None:
        self.added: list[AcceptedReport] = []
        self.outcome = Added.STORED
        self.error: Exception | None = None
        self.fails = False
        self.reason: str | None = None
        self.reports = 3
        self.checks = 0

    def add(self, accepted: AcceptedReport) -> Added:
        """Keep it."""
        if self.error is not None:
            raise self.error
        self.added.append(accepted)
        return self.outcome

    def commit(self) -> int:
        """Say how many are new."""
        if self.fails:
            raise SpoolUnavailable("disk full")
        return self.reports

    def full(self) -> str | None:
        """Say what the test says."""
        return self.reason

    def check_writable(self) -> None:
        """Count that it was asked."""
        self.checks += 1
        if self.fails:
            raise SpoolUnavailable


class FakeGroup(GroupCommit):
    """A group that an application of a test joins."""

    def __init__(self, commits: Callable[[], Response | None] = lambda: None) -> None:
        """`commits` is what a commit does."""
        super().__init__(
            FakeSpool(),
            wake_drain=lambda: None,
            metrics=Metrics(version="0"),
            clock=lambda: 0.0,
            log=get_log(),
        )
        self.commits = commits

    def join(self) -> None:
        """Let the request that is being handled join."""
        self.add(AcceptedReport("key", 0, b"{}", None))

    def commit(self) -> Response | None:
        """Commit as the test wants it."""
        return self.commits()


def server_of(
    application: "WSGIApplication" = echo,
    group: GroupCommit | None = None,
    *,
    host: str = LOOPBACK,
    metrics: Metrics | None = None,
    limits: Limits = DEFAULT_LIMITS,
    clock: Callable[[], float] = time.monotonic,
    wall_clock: Callable[[], float] = time.time,
    cost_of: Callable[[Request], int] = lambda request: request.body_size,
) -> Server:
    """A server on a free port of `host` that does not run yet."""
    return Server(
        application,
        group or group_of(FakeSpool()),
        listen(host, 0),
        metrics=metrics or Metrics(version="0"),
        limits=limits,
        clock=clock,
        wall_clock=wall_clock,
        cost_of=cost_of,
    )


def connections_of(
    selector: selectors.BaseSelector, limits: Limits = DEFAULT_LIMITS
) -> Connections:
    """Connections without a loop."""
    return Connections(
        limits, selector, cost_of=lambda request: request.body_size, metrics=Metrics(version="0")
    )


def group_of(
    spool: FakeSpool,
    metrics: Metrics | None = None,
    *,
    wake_drain: Callable[[], None] = lambda: None,
    clock: Callable[[], float] = lambda: 0.0,
) -> GroupCommit:
    """The group that a fake spool commits."""
    return GroupCommit(
        spool,
        wake_drain=wake_drain,
        metrics=metrics or Metrics(version="0"),
        clock=clock,
        log=get_log(),
    )


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
        self.thread.join(TIMEOUT_SECONDS)


Serve: TypeAlias = Callable[..., Running]
"""Starts a server for the test, with the arguments of `server_of`."""


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers that are stopped when the test ends."""
    started: list[Running] = []

    def start(*arguments: Any, **options: Any) -> Running:  # noqa: ANN401 - of `server_of`
        server = server_of(*arguments, **options)
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
