"""How often the sockets of slow clients are read. Real sockets, and a clock that tests set."""

import array
import errno
import fcntl
import selectors
import socket
import termios
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from collector.http.conftest import LOOPBACK, TIMEOUT_SECONDS, RawClient, connections_of, get, post
from collector.http.connection import (
    SMALL_PIECES,
    WORTH_READING_BYTES,
    Afterwards,
    Connection,
    Listener,
    Received,
)
from collector.http.connections import POLL_SECONDS
from collector.http.dispatcher import Reply
from collector.http.listener import listen
from collector.http.request import RequestLimits
from collector.http.response import Response
from collector.http.server import DEFAULT_LIMITS

HEAD = b"POST / HTTP/1.1\r\nHost: test\r\n"
CHUNKED_HEAD = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
CLIENT = ("192.0.2.1", 1)
LIMITS = RequestLimits(DEFAULT_LIMITS)
RESPONSE = b"HTTP/1.1 204 No Content\r\n\r\n"


class Watched:
    """One connection without a loop, and the reads of it, which a test counts."""

    def __init__(self, resources: ExitStack) -> None:
        listener = resources.enter_context(closing(Listener(listen(LOOPBACK, 0))))
        self._selector = resources.enter_context(selectors.DefaultSelector())
        self.connections = resources.enter_context(closing(connections_of(self._selector)))
        self._client = resources.enter_context(closing(RawClient(listener.address)))
        # Or the system would gather the bytes that a test sends one by one.
        self._client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connections.accept(listener, now=0)
        (watched,) = self._selector.get_map().values()
        self._socket = watched.fileobj
        self.now = 0.0
        self.reads = 0

    def send(self, data: bytes) -> None:
        """Let the client send, and do what the loop does once that has arrived."""
        expected = self._arrived() + len(data)
        self._client.send(data)
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while self._arrived() < expected:
            assert time.monotonic() < deadline
        self._read(0)

    def send_bytewise(self, data: bytes) -> None:
        """Let the client send byte by byte."""
        for place in range(len(data)):
            self.send(data[place : place + 1])

    def disconnect(self) -> None:
        """Let the client go."""
        self._client.close()
        while len(self.connections):
            assert self._read(TIMEOUT_SECONDS)

    def wait(self, seconds: float) -> None:
        """Let time pass, and do what the loop does then."""
        self.now += seconds
        self.connections.expire(self.now)

    def respond(self) -> None:
        """Answer the one request that is ready."""
        (connection,) = self.connections.ready.take()
        assert connection.request.error_response is None
        self.connections.send(Reply(connection, RESPONSE, Afterwards.KEEP, 204), self.now)

    def _arrived(self) -> int:
        """Return how many bytes wait to be read."""
        count = array.array("i", [0])
        fcntl.ioctl(self._socket, termios.FIONREAD, count)
        return count[0]

    def _read(self, timeout: float) -> bool:
        events = self._selector.select(timeout)
        for key, _ in events:
            self.reads += 1
            self.connections.handle_event(key.data, self.now)
        return bool(events)


@pytest.fixture
def watched() -> Iterator[Watched]:
    """One connection that is watched."""
    with ExitStack() as resources:
        yield Watched(resources)


def test_a_slow_body_is_read_once_it_is_whole(watched: Watched) -> None:
    """However many pieces the rest of a body comes in, it is read in one."""
    whole = post(b"x" * 40)
    watched.send(whole[:-30])
    watched.send_bytewise(whole[-30:])
    assert watched.reads == 2
    watched.respond()


def test_a_large_body_is_read_as_it_comes(watched: Watched) -> None:
    """A body of which enough comes at a time is not left in the system's buffer to its end."""
    whole = post(b"x" * 100_000)
    for place in range(0, len(whole), WORTH_READING_BYTES):
        watched.send(whole[place : place + WORTH_READING_BYTES])
    assert watched.reads == len(whole) // WORTH_READING_BYTES + 1
    watched.respond()


@pytest.mark.parametrize("whole", [get(), CHUNKED_HEAD + b"5\r\nhello\r\n0\r\n\r\n"])
def test_a_request_of_unknown_length_is_polled(watched: Watched, whole: bytes) -> None:
    """After some small pieces the rest of them waits for its time, and then is read in one."""
    watched.send_bytewise(whole)
    assert watched.reads == SMALL_PIECES + 1
    assert not watched.connections.ready
    assert watched.connections.next_deadline() == POLL_SECONDS
    watched.wait(POLL_SECONDS)
    watched.respond()


def test_a_client_that_stays_slow_is_polled_again(watched: Watched) -> None:
    """The next read is due when the last one found no whole request."""
    watched.send_bytewise(HEAD)
    watched.wait(POLL_SECONDS)
    watched.send_bytewise(b"Content-Length: 0\r\n\r\n")
    reads = watched.reads
    assert watched.connections.next_deadline() == 2 * POLL_SECONDS
    watched.wait(POLL_SECONDS)
    assert watched.reads == reads
    watched.respond()


def test_a_client_that_gets_faster_is_read_at_once(watched: Watched) -> None:
    """When much of a request comes together it does not wait for its time."""
    watched.send_bytewise(HEAD)
    watched.send(b"X: " + b"x" * WORTH_READING_BYTES + b"\r\n\r\n")
    assert watched.connections.ready
    watched.respond()


def test_the_request_after_a_slow_one_is_read_at_once(watched: Watched) -> None:
    """Each request is read as if there had been none before."""
    watched.send_bytewise(get())
    watched.wait(POLL_SECONDS)
    watched.respond()
    watched.send(get())
    watched.respond()
    assert watched.connections.next_deadline() == watched.now + DEFAULT_LIMITS.idle_seconds


@pytest.mark.parametrize("begun", [HEAD, post(b"x" * 40)[:-1]])
def test_the_end_of_a_slow_client_is_seen_at_once(watched: Watched, begun: bytes) -> None:
    """A client that disconnects is not waited for."""
    watched.send_bytewise(begun)
    watched.disconnect()
    assert len(watched.connections) == 0
    assert watched.connections.next_deadline() is None


class _OddSocket(socket.socket):
    """A socket of a system that lacks options."""

    def setsockopt(self, *_: object) -> None:
        """Refuse every option."""
        raise OSError(errno.ENOPROTOOPT, "Protocol not available")


def test_a_system_that_cannot_wait_serves_all_the_same() -> None:
    """Where the option does not exist requests are read as they come."""
    near, far = socket.socketpair()
    whole = post(b"x" * 40)
    with near, closing(Connection(_OddSocket(fileno=far.detach()), CLIENT, LIMITS)) as connection:
        near.sendall(whole[:-30])
        assert connection.receive() is Received.PART
        near.sendall(whole[-30:])
        assert connection.receive() is Received.REQUEST


def test_a_slow_request_has_a_deadline(watched: Watched) -> None:
    """However often it is polled, a request has the time of every other."""
    watched.send_bytewise(HEAD)
    for _ in range(round(DEFAULT_LIMITS.request_deadline_seconds / POLL_SECONDS)):
        watched.wait(POLL_SECONDS)
    (connection,) = watched.connections.ready.take()
    response = connection.request.error_response
    assert isinstance(response, Response)
    assert response.status_code == 408
