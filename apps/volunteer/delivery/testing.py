"""For tests: a scripted collector. It is a real HTTP server: what is tested is what travels."""

import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeAlias

from tools.fake_server import FakeHandler, FakeServer, serving

_NO_CONTENT: Final = 204


@dataclass(frozen=True)
class Says:
    """Answer with this."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Disconnects:
    """Reset the connection instead of answering."""


@dataclass(frozen=True)
class StaysSilent:
    """Read the request and never answer."""


@dataclass(frozen=True)
class SlowBody:
    """Answer 200 and send a byte of the body now and then, for ever."""

    pause_seconds: float


Step: TypeAlias = Says | Disconnects | StaysSilent | SlowBody


@dataclass(frozen=True)
class Received:
    """A request as the collector saw it; names of headers are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class ScriptedCollector:
    """Answers each request with the next step, and with 204 after the last."""

    def __init__(self, steps: Sequence[Step], *, scheme: str) -> None:
        self.received: list[Received] = []
        self.url = ""
        self.scheme = scheme
        self._steps = list(steps)
        self._lock = threading.Lock()
        self._arrived = threading.Condition(self._lock)

    def next_step(self, received: Received) -> Step:
        """Keep the request and return what to do with it."""
        with self._arrived:
            self.received.append(received)
            self._arrived.notify_all()
            return self._steps.pop(0) if self._steps else Says(_NO_CONTENT)

    def wait_for_requests(self, count: int, *, seconds: float = 10.0) -> None:
        """Return when so many requests have arrived. Raises `TimeoutError`."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self.received) >= count, seconds):
                message = f"{len(self.received)} requests instead of {count} in {seconds} s"
                raise TimeoutError(message)


class _Handler(FakeHandler):
    def __init__(
        self,
        collector: ScriptedCollector,
        connection: socket.socket,
        client_address: tuple[str, int],
        server: FakeServer,
    ) -> None:
        self._collector = collector
        super().__init__(connection, client_address, server)

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        body = self.read_body()
        headers = {name.lower(): value for name, value in self.headers.items()}
        step = self._collector.next_step(Received(self.command, self.path, headers, body))
        match step:
            case Says(status, headers, body):
                # RFC 9110, 8.6: a 204 has no Content-Length.
                has_length = status != _NO_CONTENT and "Content-Length" not in headers
                self.send_head(status, headers, length=len(body) if has_length else None)
                self.wfile.write(body)
                self.close_connection = "Content-Length" in headers
            case Disconnects():
                self.reset()
            case StaysSilent():
                self.stay_silent()
            case SlowBody(pause_seconds):
                self._send_slowly(pause_seconds)

    def _send_slowly(self, pause_seconds: float) -> None:
        self.send_head(200, {}, length=1_000_000)
        self.close_connection = True
        while not self.server.stopping.wait(pause_seconds):
            try:
                self.wfile.write(b" ")
            except OSError:
                return


@contextmanager
def running_collector(
    *steps: Step, tls: ssl.SSLContext | None = None
) -> Iterator[ScriptedCollector]:
    """Serve a scripted collector on a free port of this machine until the block ends."""
    collector = ScriptedCollector(steps, scheme="http" if tls is None else "https")
    server = FakeServer("127.0.0.1", 0, partial(_Handler, collector))
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    collector.url = f"{collector.scheme}://127.0.0.1:{server.server_address[1]}"
    with serving(server):
        yield collector
