"""What tests of the volunteer share: a clock that jumps, dice without chance, a scripted collector.

The collector is a real HTTP server: what is tested is what travels over the socket.
"""

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Final, TypeAlias

from volunteer.clock import Clock

_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)  # struct linger: on, 0 seconds
_LOOK_EVERY_SECONDS: Final = 0.01


class JumpingClock:
    """A clock on which sleeping takes no time; `sleeps` holds what was slept, in seconds."""

    def __init__(self, *, now: float = 1_000.0, unix_time: float = 1_700_000_000.0) -> None:
        self.time = now
        self.sleeps: list[float] = []
        self.clock = Clock(now=lambda: self.time, unix_time=lambda: unix_time, sleep=self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.time += seconds


def seeded(seed: int) -> Random:
    """Return dice that fall the same way in each run."""
    return Random(seed)  # noqa: S311 - not for secrets


class AlwaysLongest(Random):
    """Dice that always fall on the upper end, so that a backoff shows its bound."""

    def uniform(self, a: float, b: float) -> float:
        """Return `b`."""
        return max(a, b)


@dataclass(frozen=True)
class Says:
    """Answer with this."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class HangsUp:
    """Reset the connection instead of answering."""


@dataclass(frozen=True)
class SaysNothing:
    """Read the request and never answer."""


@dataclass(frozen=True)
class Dribbles:
    """Answer 200 and send a byte of the body now and then, for ever."""

    pause_seconds: float


Step: TypeAlias = Says | HangsUp | SaysNothing | Dribbles


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
        self.stopping = threading.Event()
        self._steps = list(steps)
        self._lock = threading.Lock()
        self._arrived = threading.Condition(self._lock)

    def next_step(self, received: Received) -> Step:
        """Keep the request and return what to do with it."""
        with self._arrived:
            self.received.append(received)
            self._arrived.notify_all()
            return self._steps.pop(0) if self._steps else Says(204)

    def wait_for_requests(self, count: int, *, seconds: float = 10.0) -> None:
        """Return when so many requests have arrived. Raises `TimeoutError`."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self.received) >= count, seconds):
                message = f"{len(self.received)} requests instead of {count} in {seconds} s"
                raise TimeoutError(message)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(
        self,
        collector: ScriptedCollector,
        connection: socket.socket,
        client_address: tuple[str, int],
        server: ThreadingHTTPServer,
    ) -> None:
        self._collector = collector
        super().__init__(connection, client_address, server)

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, _format: str, *_args: object) -> None:
        """Say nothing."""

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        step = self._collector.next_step(Received(self.command, self.path, headers, body))
        match step:
            case Says(status, headers, body):
                self._say(status, headers, body)
            case HangsUp():
                self._reset()
            case SaysNothing():
                self._collector.stopping.wait()
                self.close_connection = True
            case Dribbles(pause_seconds):
                self._dribble(pause_seconds)

    def _say(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:  # noqa: PLR2004 - RFC 9110: a 204 has no Content-Length
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _dribble(self, pause_seconds: float) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        self.close_connection = True
        while not self._collector.stopping.wait(pause_seconds):
            try:
                self.wfile.write(b" ")
            except OSError:
                return

    def _reset(self) -> None:
        self.close_connection = True
        with socket.socket(fileno=self.connection.detach()) as bare:
            bare.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that goes away is part of many tests."""


@contextmanager
def running_collector(
    *steps: Step, tls: ssl.SSLContext | None = None
) -> Iterator[ScriptedCollector]:
    """Serve a scripted collector on a free port of this machine until the block ends."""
    collector = ScriptedCollector(steps, scheme="http" if tls is None else "https")
    with _Server(("127.0.0.1", 0), partial(_Handler, collector)) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        collector.url = f"{collector.scheme}://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        thread.start()
        try:
            yield collector
        finally:
            collector.stopping.set()
            server.shutdown()
            thread.join()


def free_port() -> int:
    """Return a port of this machine on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(condition: Callable[[], bool], *, seconds: float) -> None:
    """Return when `condition` holds. Raises `TimeoutError` after so many `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"what was waited for did not come true in {seconds} s")
        time.sleep(_LOOK_EVERY_SECONDS)


def resident_bytes(pid: int) -> int:
    """Return how much memory a process holds now (RSS), from `smaps_rollup`."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    (kibibytes,) = (line.split()[1] for line in lines if line.startswith("Rss:"))
    return int(kibibytes) * 1024
