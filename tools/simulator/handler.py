"""One connection of the simulator: HTTP on a socket, and the ways in which it breaks."""

import socket
import struct
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from threading import Event
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from tools.simulator.exchange import Delivery, Exchange
from tools.simulator.faults import ConnectionReset, Silence, SlowBytes
from tools.simulator.messages import Request, Response

_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)  # struct linger: on, 0 seconds


class Handler(BaseHTTPRequestHandler):
    """Speaks HTTP/1.1 for one connection.

    Methods that the API refuses are taken too, so that they are recorded.
    """

    protocol_version = "HTTP/1.1"
    # The head and the body are written apart: without this the body waits for an acknowledgement.
    disable_nagle_algorithm = True

    def __init__(
        self,
        exchange: Exchange,
        stopping: Event,
        connection: socket.socket,
        client_address: tuple[str, int],
        server: ThreadingTCPServer,
    ) -> None:
        self._exchange = exchange
        self._stopping = stopping
        super().__init__(connection, client_address, server)

    def do_GET(self) -> None:
        """Answer a read."""
        self._serve()

    def do_HEAD(self) -> None:
        """Refuse, without a body."""
        self._serve()

    def do_POST(self) -> None:
        """Refuse a creation."""
        self._serve()

    def do_PUT(self) -> None:
        """Refuse a replacement."""
        self._serve()

    def do_PATCH(self) -> None:
        """Refuse a change."""
        self._serve()

    def do_DELETE(self) -> None:
        """Refuse a deletion."""
        self._serve()

    def log_message(self, *_: object) -> None:
        """Say nothing: what was seen is in `Simulator.requests`."""

    def _serve(self) -> None:
        target = urlsplit(self.path)
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        request = Request(
            method=self.command,
            # The official client asks for `/version/`, others for `/version`.
            path=target.path.rstrip("/") or "/",
            query=dict(parse_qsl(target.query)),
            headers={name.lower(): value for name, value in self.headers.items()},
        )
        self._send(self._exchange.handle(request))

    def _send(self, delivery: Delivery) -> None:
        response = delivery.response
        match delivery.manner:
            case Silence():
                self._stopping.wait()
                self.close_connection = True
            case ConnectionReset(after_bytes=after_bytes):
                self._send_head(response)
                self.wfile.write(response.body[:after_bytes])
                self._reset()
            case SlowBytes(bytes_at_a_time=size, pause_seconds=pause):
                self._send_head(response)
                for start in range(0, len(response.body), size):
                    if self._stopping.wait(pause):
                        break
                    self.wfile.write(response.body[start : start + size])
            case None:
                self._send_head(response)
                self.wfile.write(response.body if self.command != "HEAD" else b"")

    def _send_head(self, response: Response) -> None:
        self.send_response(response.status)
        self.send_header("Cache-Control", "no-cache, private")
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()

    def _reset(self) -> None:
        """End the connection with a TCP reset: the peer's next read fails."""
        self.close_connection = True
        descriptor = self.connection.detach()
        with socket.socket(fileno=descriptor) as bare:
            bare.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
