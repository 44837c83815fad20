"""What the fakes of other people's servers share: real HTTP/1.1, and connections that break.

The fake BigQuery and the simulated Kubernetes API are built on it. What they answer is their own.
"""

import socket
import struct
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Event, Thread
from typing import Final, TypeAlias

_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)  # struct linger: on, 0 seconds
_STOP_WITHIN_SECONDS: Final = 0.05

Connection: TypeAlias = socket.socket | tuple[bytes, socket.socket]
"""As `socketserver` has it. The tuple is a datagram's, and never met here."""


class FakeHandler(BaseHTTPRequestHandler):
    """Speaks HTTP/1.1 for one connection. A fake adds `do_GET` and whatever else it takes."""

    server: "FakeServer"
    protocol_version = "HTTP/1.1"
    # The head and the body are written apart: without this the body waits for an acknowledgement.
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        """Say nothing: a fake keeps what it saw."""

    def read_body(self) -> bytes:
        """Read the request's body; without one it is empty."""
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def send_head(self, status: int, headers: Mapping[str, str], *, length: int | None) -> None:
        """Send all of an answer but its body, which has `length` bytes; None where it has none."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def stay_silent(self) -> None:
        """Answer nothing, and keep the connection open until the server stops."""
        self.server.stopping.wait()
        self.close_connection = True

    def reset(self) -> None:
        """End the connection with a TCP reset: the peer's next read fails."""
        self.close_connection = True
        with socket.socket(fileno=self.connection.detach()) as bare:
            bare.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)


class EveryMethodHandler(FakeHandler, ABC):
    """Serves all methods alike, also those that a fake refuses, so that they are recorded."""

    @abstractmethod
    def serve(self) -> None:
        """Answer the request that `command`, `path` and `headers` tell."""

    def do_GET(self) -> None:
        """Answer a read."""
        self.serve()

    def do_HEAD(self) -> None:
        """Answer a read without its body."""
        self.serve()

    def do_POST(self) -> None:
        """Answer a creation, an upload or a query."""
        self.serve()

    def do_PUT(self) -> None:
        """Answer a replacement, or a piece of an upload."""
        self.serve()

    def do_PATCH(self) -> None:
        """Answer a change."""
        self.serve()

    def do_DELETE(self) -> None:
        """Answer a deletion."""
        self.serve()


class FakeServer(ThreadingTCPServer):
    """Listens, with a thread a connection; port 0 takes a free one. Raises OSError where the
    address cannot be listened on.

    Not `http.server.HTTPServer`: it looks up its own name, and a name server may be out of reach.
    """

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self,
        host: str,
        port: int,
        handler: Callable[[socket.socket, tuple[str, int], "FakeServer"], BaseRequestHandler],
    ) -> None:
        self.stopping: Final = Event()
        self._connections: Final[set[socket.socket]] = set()
        super().__init__((host, port), handler)

    def process_request(self, request: Connection, client_address: tuple[str, int]) -> None:
        """Start a connection's thread."""
        if isinstance(request, socket.socket):
            self._connections.add(request)
        super().process_request(request, client_address)

    def close_request(self, request: Connection) -> None:
        """Close a connection whose thread ends."""
        if isinstance(request, socket.socket):
            self._connections.discard(request)
        super().close_request(request)

    def handle_error(self, request: Connection, client_address: tuple[str, int]) -> None:
        """Print the error, if it is one: many tests make a client disconnect."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def stop(self) -> None:
        """Stop listening and disconnect: a stopped server answers on no connection left open."""
        self.stopping.set()
        self.shutdown()
        for connection in tuple(self._connections):
            # Below TLS, because the connection's own thread may be reading through it.
            with suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)


@contextmanager
def serving(server: FakeServer) -> Iterator[None]:
    """Serve until the block ends, then stop."""
    poll = {"poll_interval": _STOP_WITHIN_SECONDS}
    with server:
        thread = Thread(target=server.serve_forever, kwargs=poll, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.stop()
            thread.join()
