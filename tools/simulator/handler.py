"""One connection of the simulator: HTTP on a socket, and the ways in which it breaks."""

import socket
from urllib.parse import parse_qsl, urlsplit

from tools.fake_server import FakeHandler, FakeServer
from tools.simulator.exchange import Delivery, Exchange
from tools.simulator.faults import ConnectionReset, Silence, SlowBytes
from tools.simulator.messages import Request, Response


class Handler(FakeHandler):
    """Answers on one connection.

    Methods that the API refuses are taken too, so that they are recorded.
    """

    def __init__(
        self,
        exchange: Exchange,
        connection: socket.socket,
        client_address: tuple[str, int],
        server: FakeServer,
    ) -> None:
        self._exchange = exchange
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

    def _serve(self) -> None:
        target = urlsplit(self.path)
        self.read_body()
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
                self.stay_silent()
            case ConnectionReset(after_bytes=after_bytes):
                self._send_head(response)
                self.wfile.write(response.body[:after_bytes])
                self.reset()
            case SlowBytes(bytes_at_a_time=size, pause_seconds=pause):
                self._send_head(response)
                for start in range(0, len(response.body), size):
                    if self.server.stopping.wait(pause):
                        break
                    self.wfile.write(response.body[start : start + size])
            case None:
                self._send_head(response)
                self.wfile.write(response.body if self.command != "HEAD" else b"")

    def _send_head(self, response: Response) -> None:
        headers = {"Cache-Control": "no-cache, private", **response.headers}
        self.send_head(response.status, headers, length=len(response.body))
