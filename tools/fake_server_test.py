"""The shared server, spoken to with the standard library."""

import socket
import struct
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from threading import Event

import pytest

from tools.fake_server import Connection, FakeHandler, FakeServer, serving

HOST = "127.0.0.1"
TIMEOUT_SECONDS = 10


class Handler(FakeHandler):
    """Gives a body back; a path may ask for trouble."""

    server: "Server"

    def do_POST(self) -> None:
        """Answer with the body of the request."""
        body = self.read_body()
        self.send_head(201, {"X-Path": self.path}, length=len(body))
        self.wfile.write(body)

    def do_GET(self) -> None:
        """Make trouble."""
        match self.path:
            case "/reset":
                self.reset()
            case "/silence":
                self.server.asked_for_silence.set()
                self.stay_silent()
            case _:
                raise LookupError("a defect of the fake")


class Server(FakeServer):
    """Tells when it was asked for silence, and when it has done with a connection."""

    def __init__(self) -> None:
        self.asked_for_silence = Event()
        self.done = Event()
        super().__init__(HOST, 0, Handler)

    def shutdown_request(self, request: Connection) -> None:
        """Close a connection whose thread ends, after any error was handled."""
        super().shutdown_request(request)
        self.done.set()


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that runs."""
    running = Server()
    with serving(running):
        yield running


def connect(server: FakeServer, seconds: float = TIMEOUT_SECONDS) -> HTTPConnection:
    return HTTPConnection(HOST, server.server_address[1], timeout=seconds)


def post(connection: HTTPConnection, path: str, body: bytes | None) -> tuple[int, str, bytes]:
    connection.request("POST", path, body)
    response = connection.getresponse()
    return response.status, response.headers["X-Path"], response.read()


def test_requests_share_a_connection(server: Server) -> None:
    """Requests with a body and without one are answered in turn on one connection."""
    with closing(connect(server)) as connection:
        assert post(connection, "/a", b"first") == (201, "/a", b"first")
        local = connection.sock.getsockname()
        assert post(connection, "/b", None) == (201, "/b", b"")
        assert post(connection, "/c", b"third") == (201, "/c", b"third")
        assert connection.sock.getsockname() == local


def test_reset(server: Server) -> None:
    """A reset fails the client's read."""
    with closing(connect(server)) as connection:
        connection.request("GET", "/reset")
        # Not through `getresponse`: to it an orderly end without an answer is a reset as well.
        with pytest.raises(ConnectionResetError):
            connection.sock.recv(1)


def test_silence_holds_up_nobody_else(server: Server) -> None:
    """While one connection stays silent, another is answered."""
    with closing(connect(server, 0.2)) as silent, closing(connect(server)) as other:
        silent.request("GET", "/silence")
        with pytest.raises(TimeoutError):
            silent.getresponse()
        assert post(other, "/", b"x") == (201, "/", b"x")


def test_stopping_ends_silence() -> None:
    """A silent connection is closed, without an answer, when the server stops."""
    server = Server()
    with closing(connect(server)) as connection:
        with serving(server):
            connection.request("GET", "/silence")
            assert server.asked_for_silence.wait(TIMEOUT_SECONDS)
        assert connection.sock.recv(1) == b""
        assert server.done.wait(TIMEOUT_SECONDS)


def test_stopped() -> None:
    """A stopped server answers neither on an open connection nor on a new one."""
    server = Server()
    with closing(connect(server)) as connection:
        with serving(server):
            post(connection, "/", b"x")
        assert connection.sock.recv(1) == b""
    with closing(connect(server)) as late, pytest.raises(ConnectionRefusedError):
        late.connect()


def test_address_in_use(server: Server) -> None:
    """An address that is taken is an error at once."""
    with pytest.raises(OSError, match="in use"):
        FakeServer(HOST, server.server_address[1], Handler)


def test_says_nothing_of_requests_and_of_clients_that_vanish(
    server: Server, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither a request nor a client that resets its connection leaves a trace on the terminal."""
    with closing(connect(server)) as connection:
        post(connection, "/", b"x")
        reset_on_close = struct.pack("ii", 1, 0)  # struct linger: on, 0 seconds
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset_on_close)
    assert server.done.wait(TIMEOUT_SECONDS)
    assert capfd.readouterr() == ("", "")


def test_shows_its_own_defects(server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    """An error that is no client's doing is printed with its traceback."""
    with closing(connect(server)) as connection:
        connection.request("GET", "/defect")
        assert server.done.wait(TIMEOUT_SECONDS)
    assert "LookupError: a defect of the fake" in capfd.readouterr().err
