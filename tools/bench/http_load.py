"""Load on an HTTP server: keep-alive connections that send one request over and over.

`measure_with_python` needs nothing but Python; `measure_with_wrk` runs wrk, which costs the
machine less. Both return the same. `slow_clients` opens connections that send slowly, to see
whether they change the figures of the others.

    python -m tools.bench.http_load http://127.0.0.1:8080/api/v1 BODY.json --connections 64
"""

import argparse
import dataclasses
import json
import re
import selectors
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Final
from urllib.parse import urlsplit

HEAD_END: Final = b"\r\n\r\n"
BYTE_PAUSE_SECONDS: Final = 0.1


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What to send over `connections` connections for `seconds`: a POST of `body`, or GET."""

    url: str
    body: bytes = b""
    connections: int = 64
    seconds: float = 10.0

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the URL."""
        parts = urlsplit(self.url)
        return parts.hostname or "127.0.0.1", parts.port or 80

    def request(self) -> bytes:
        """The whole request, as it is sent each time."""
        parts = urlsplit(self.url)
        head = f"{parts.path or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        if not self.body:
            return f"GET {head}\r\n".encode()
        content = f"Content-Type: application/json\r\nContent-Length: {len(self.body)}\r\n\r\n"
        return f"POST {head}{content}".encode() + self.body


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What came of a load. Latencies are in milliseconds, from first byte sent to last received.

    `statuses` counts answers by status; wrk tells only those below 400 from the others.
    `lost` counts requests whose connection was closed before the response.
    """

    requests_a_second: float
    p50: float
    p99: float
    max: float
    statuses: Mapping[str, int]
    lost: int


class _Client:
    """One connection: one request after the other."""

    def __init__(self, address: tuple[str, int], request: bytes) -> None:
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._request = request
        self._began = 0.0
        self._received = b""

    def send(self) -> None:
        # Blocking: a body of a benchmark fits into the buffers of the two sockets.
        self._began = time.perf_counter()
        self.socket.sendall(self._request)

    def receive(self) -> tuple[str, float] | None:
        """The status and the latency once the answer is whole, else None."""
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionResetError
        self._received += data
        head, end, body = self._received.partition(HEAD_END)
        if not end or len(body) < _content_length(head):
            return None
        self._received = b""
        return head[9:12].decode(), time.perf_counter() - self._began


def _content_length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


def measure_with_python(load: Load) -> Measured:
    """Put the load on the server from this process.

    Raises OSError when the server cannot be reached, RuntimeError when it answers nothing.
    """
    request = load.request()
    latencies: list[float] = []
    statuses: Counter[str] = Counter()
    lost = 0
    with selectors.DefaultSelector() as selector, ExitStack() as sockets:
        for _ in range(load.connections):
            client = _Client(load.address, request)
            sockets.enter_context(client.socket)
            selector.register(client.socket, selectors.EVENT_READ, client)
            client.send()
        began = time.perf_counter()
        while selector.get_map() and time.perf_counter() < began + load.seconds:
            for key, _ in selector.select(timeout=0.1):
                try:
                    answer = key.data.receive()
                    if answer is not None:
                        statuses[answer[0]] += 1
                        latencies.append(answer[1])
                        key.data.send()
                except ConnectionError:
                    lost += 1
                    selector.unregister(key.fileobj)
        seconds = time.perf_counter() - began
    return _summary(latencies, seconds, statuses, lost)


def _summary(
    latencies: list[float], seconds: float, statuses: Mapping[str, int], lost: int
) -> Measured:
    if not latencies:
        raise RuntimeError(f"no answer at all ({lost} connections lost)")
    # Duplicated, because quantiles wants two points at least.
    percentiles = statistics.quantiles([*latencies, latencies[-1]], n=100, method="inclusive")
    return Measured(
        requests_a_second=len(latencies) / seconds,
        p50=percentiles[49] * 1e3,
        p99=percentiles[98] * 1e3,
        max=max(latencies) * 1e3,
        statuses=dict(statuses),
        lost=lost,
    )


WRK_POST: Final = """
local file = io.open("BODY", "rb")
wrk.method, wrk.body = "POST", file:read("*a")
wrk.headers["Content-Type"] = "application/json"
"""
WRK_SCRIPT: Final = """
done = function(summary, latency)
  local failed = summary.errors
  local numbers = {
    requests = summary.requests, microseconds = summary.duration,
    p50 = latency:percentile(50), p99 = latency:percentile(99), max = latency.max,
    refused = failed.status,
    lost = failed.connect + failed.read + failed.write + failed.timeout,
  }
  for name, number in pairs(numbers) do
    io.write(string.format("\\nRESULT %s %d", name, number))
  end
end
"""


def wrk_is_installed() -> bool:
    """Whether `measure_with_wrk` can run."""
    return shutil.which("wrk") is not None


def measure_with_wrk(load: Load) -> Measured:
    """Put the load on the server with wrk, in one thread. Raises RuntimeError when it fails."""
    with tempfile.TemporaryDirectory() as directory:
        body, script = Path(directory, "body"), Path(directory, "load.lua")
        body.write_bytes(load.body)
        post = WRK_POST.replace("BODY", str(body)) if load.body else ""
        script.write_text(post + WRK_SCRIPT)
        duration = f"{max(1, round(load.seconds))}s"
        command = ["wrk", "-t1", f"-c{load.connections}", f"-d{duration}", "-s", str(script)]
        command += ["--timeout", "30s"]  # a slow answer is no lost one
        finished = subprocess.run([*command, load.url], capture_output=True, text=True, check=False)
    results = re.findall(r"^RESULT (\w+) (\d+)$", finished.stdout, re.MULTILINE)
    numbers = {name: int(number) for name, number in results}
    if not numbers:
        raise RuntimeError(f"wrk gave no result: {finished.stderr.strip()}")
    return Measured(
        requests_a_second=numbers["requests"] / (numbers["microseconds"] / 1e6),
        p50=numbers["p50"] / 1e3,
        p99=numbers["p99"] / 1e3,
        max=numbers["max"] / 1e3,
        statuses={
            "below 400": numbers["requests"] - numbers["refused"],
            "400 and above": numbers["refused"],
        },
        lost=numbers["lost"],
    )


def measure(load: Load) -> Measured:
    """Put the load on the server with wrk where it is installed, else from Python."""
    return measure_with_wrk(load) if wrk_is_installed() else measure_with_python(load)


def post_steadily(url: str, body: bytes, *, rate: float, seconds: float) -> None:
    """Post `body` `rate` times a second over one connection, awaiting each response."""
    load = Load(url=url, body=body)
    request = load.request()
    ends_at = time.monotonic() + seconds
    with socket.create_connection(load.address) as connection:
        while (now := time.monotonic()) < ends_at:
            connection.sendall(request)
            connection.recv(65_536)
            time.sleep(max(0.0, 1 / rate - (time.monotonic() - now)))


@contextmanager
def slow_clients(load: Load, *, connections: int) -> Iterator[None]:
    """Meanwhile, keep more connections open that send the same request byte by byte.

    Each sends one byte every BYTE_PAUSE_SECONDS; one that the server closes is opened again.
    """
    stop = Event()
    thread = Thread(target=_send_slowly, args=(load, connections, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _send_slowly(load: Load, connections: int, stop: Event) -> None:
    request = load.request()
    with ExitStack() as sockets:
        opened = [_open(load.address, sockets) for _ in range(connections)]
        sent = 0
        while not stop.wait(BYTE_PAUSE_SECONDS):
            byte = request[sent : sent + 1]
            sent = (sent + 1) % len(request)
            for index, client in enumerate(opened):
                try:
                    client.send(byte)
                except OSError:
                    client.close()
                    opened[index] = _open(load.address, sockets)


def _open(address: tuple[str, int], sockets: ExitStack) -> socket.socket:
    return sockets.enter_context(socket.create_connection(address))


def main() -> None:
    """Measure a server once and print the result as one line of JSON."""
    parser = argparse.ArgumentParser(description="Post one body over and over and measure.")
    parser.add_argument("url")
    parser.add_argument("body", type=Path, help="the file to post")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--slow", type=int, default=0, help="connections that send byte by byte")
    parser.add_argument("--python", action="store_true", help="never wrk")
    options = parser.parse_args()
    load = Load(
        url=options.url,
        body=options.body.read_bytes(),
        connections=options.connections,
        seconds=options.seconds,
    )
    with slow_clients(load, connections=options.slow):
        measured = measure_with_python(load) if options.python else measure(load)
    print(json.dumps(dataclasses.asdict(measured)))


if __name__ == "__main__":
    main()
