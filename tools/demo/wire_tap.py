"""Stands between volunteer and collector, passes everything on, and keeps what it saw.

What a program says that it sends is one thing; what went over the wire is another. This is a
plain HTTP server on loopback that forwards each POST byte for byte.
"""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Final

LOOPBACK: Final = "127.0.0.1"
_SECONDS: Final = 30
_NOT_FORWARDED: Final = frozenset({"host", "connection", "content-length"})


@dataclass(frozen=True)
class Sent:
    """One request as it went over the wire, and the status that answered it."""

    headers: tuple[tuple[str, str], ...]
    body: bytes
    status: int


class WireTap(ThreadingHTTPServer):
    """Forwards to the collector on loopback at `collector_port`; `sent` is what passed."""

    daemon_threads = True

    def __init__(self, collector_port: int) -> None:
        super().__init__((LOOPBACK, 0), _Forwarder)
        self.collector_port = collector_port
        self.sent: list[Sent] = []

    @property
    def url(self) -> str:
        """The address to give to a volunteer."""
        return f"http://{LOOPBACK}:{self.server_address[1]}"


@contextmanager
def running_wire_tap(collector_port: int) -> Iterator[WireTap]:
    """Forward to the collector until the block ends."""
    with WireTap(collector_port) as tap:
        Thread(target=tap.serve_forever, name="wire tap").start()
        try:
            yield tap
        finally:
            tap.shutdown()


class _Forwarder(BaseHTTPRequestHandler):
    server: WireTap

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        kept = {
            name: value
            for name, value in self.headers.items()
            if name.lower() not in _NOT_FORWARDED
        }
        collector = http.client.HTTPConnection(
            LOOPBACK, self.server.collector_port, timeout=_SECONDS
        )
        collector.request("POST", self.path, body, kept)
        answer = collector.getresponse()
        answer_body = answer.read()
        collector.close()
        self.server.sent.append(Sent(tuple(self.headers.items()), body, answer.status))
        self._answer(answer.status, answer.getheaders(), answer_body)

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in _NOT_FORWARDED:
                self.send_header(name, value)
        if body:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
        """Say nothing: the demo tells what passed."""
