"""One connection of the simulator: HTTP on a socket, and the ways in which it breaks."""

import socket
import ssl
from urllib.parse import parse_qsl, urlsplit

from tools.fake_server import EveryMethodHandler, FakeServer
from tools.simulator.faults import (
    ConnectionReset,
    EndlessContinue,
    Silence,
    SlowBytes,
    SlowHead,
)
from tools.simulator.messages import Request, Response
from tools.simulator.scripted_api import Delivery, ScriptedAPI


class Handler(EveryMethodHandler):
    """Answers on one connection."""

    def __init__(
        self,
        api: ScriptedAPI,
        connection: socket.socket,
        client_address: tuple[str, int],
        server: FakeServer,
    ) -> None:
        self._api = api
        super().__init__(connection, client_address, server)

    def serve(self) -> None:
        """Answer one request."""
        target = urlsplit(self.path)
        self.read_body()
        request = Request(
            method=self.command,
            # The official client asks for `/version/`, others for `/version`.
            path=target.path.rstrip("/") or "/",
            query=dict(parse_qsl(target.query)),
            headers={name.lower(): value for name, value in self.headers.items()},
            groups=tuple(self.headers.get_all("Impersonate-Group", ())),
            client=_common_name(self.connection),
        )
        self._send(self._api.handle(request))

    def _send(self, delivery: Delivery) -> None:
        response = delivery.response
        match delivery.fault:
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
            case SlowHead(pause_seconds=pause):
                self._hold_back_head(response, pause)
            case EndlessContinue(pause_seconds=pause):
                self._continue_for_ever(pause)
            case None:
                self._send_head(response)
                self.wfile.write(response.body if self.command != "HEAD" else b"")

    def _hold_back_head(self, response: Response, pause: float) -> None:
        """Send the head a byte at a time."""
        self.close_connection = True
        head = f"HTTP/1.1 {response.status} \r\nX-Padding: {'x' * 4096}\r\n".encode()
        for byte in head:
            if self.server.stopping.wait(pause):
                return
            self.wfile.write(bytes([byte]))

    def _continue_for_ever(self, pause: float) -> None:
        """Send no answer but that one is to come (RFC 9110, section 15.2.1)."""
        self.close_connection = True
        while not self.server.stopping.wait(pause):
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _send_head(self, response: Response) -> None:
        headers = {"Cache-Control": "no-cache, private", **response.headers}
        self.send_head(response.status, headers, length=len(response.body))


def _common_name(connection: socket.socket) -> str | None:
    """Return whom a client's certificate names, if it showed one."""
    certificate = connection.getpeercert() if isinstance(connection, ssl.SSLSocket) else None
    # typeshed has one type for the values of all fields.
    subject: tuple[tuple[tuple[str, str], ...], ...] = (certificate or {}).get("subject", ())  # type: ignore[assignment]
    return next((text for part in subject for name, text in part if name == "commonName"), None)
