"""How often clients that send slowly are looked at. Real sockets, and a clock that tests set."""

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

from collector.http.conftest import ANY_PORT, PATIENCE_SECONDS, RawClient, get, post
from collector.http.connection import (
    SMALL_PIECES,
    WORTH_READING_BYTES,
    Afterwards,
    Connection,
    Received,
)
from collector.http.connections import LOOK_AGAIN_SECONDS, Clients
from collector.http.dispatcher import Reply
from collector.http.listener import Listener, listen_tcp
from collector.http.request import RequestLimits
from collector.http.response import Answer

HEAD = b"POST / HTTP/1.1\r\nHost: test\r\n"
CHUNKED_HEAD = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
CLIENT = ("192.0.2.1", 1)
LIMITS = RequestLimits(ANY_PORT)
ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"


class Watched:
    """The clients of a server with one connection, and the looks at it, which a test counts."""

    def __init__(self, resources: ExitStack) -> None:
        listener = resources.enter_context(
            closing(Listener(listen_tcp(ANY_PORT.host, ANY_PORT.port, backlog=ANY_PORT.backlog)))
        )
        self._selector = resources.enter_context(selectors.DefaultSelector())
        self.clients = resources.enter_context(closing(Clients(ANY_PORT, self._selector)))
        self._client = resources.enter_context(closing(RawClient(listener.address)))
        # Or the system would gather the bytes that a test sends one by one.
        self._client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.clients.accept(listener, now=0)
        (watched,) = self._selector.get_map().values()
        self._socket = watched.fileobj
        self.now = 0.0
        self.looks = 0

    def send(self, data: bytes) -> None:
        """Let the client send, and do what the loop does once that has arrived."""
        expected = self._arrived() + len(data)
        self._client.send(data)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._arrived() < expected:
            assert time.monotonic() < deadline
        self._look(0)

    def send_bytewise(self, data: bytes) -> None:
        """Let the client send byte by byte."""
        for place in range(len(data)):
            self.send(data[place : place + 1])

    def hang_up(self) -> None:
        """Let the client go."""
        self._client.close()
        while len(self.clients):
            assert self._look(PATIENCE_SECONDS)

    def wait(self, seconds: float) -> None:
        """Let time pass, and do what the loop does then."""
        self.now += seconds
        self.clients.expire(self.now)

    def answer(self) -> None:
        """Answer the one request that is ready."""
        (connection,) = self.clients.take_ready()
        assert connection.request.refusal is None
        self.clients.send(Reply(connection, ANSWER, Afterwards.KEEP, 204), self.now)

    def _arrived(self) -> int:
        """Return how many bytes wait to be read."""
        count = array.array("i", [0])
        fcntl.ioctl(self._socket, termios.FIONREAD, count)
        return count[0]

    def _look(self, patience: float) -> bool:
        events = self._selector.select(patience)
        for key, _ in events:
            self.looks += 1
            self.clients.handle_event(key.data, self.now)
        return bool(events)


@pytest.fixture
def watched() -> Iterator[Watched]:
    """One connection that is watched."""
    with ExitStack() as resources:
        yield Watched(resources)


def test_a_body_that_trickles_is_looked_at_once_it_is_whole(watched: Watched) -> None:
    """However many pieces the rest of a body comes in, it is read in one."""
    whole = post(b"x" * 40)
    watched.send(whole[:-30])
    watched.send_bytewise(whole[-30:])
    assert watched.looks == 2
    watched.answer()


def test_a_large_body_is_read_as_it_comes(watched: Watched) -> None:
    """A body of which enough comes at a time is not left in the system's buffer to its end."""
    whole = post(b"x" * 100_000)
    for place in range(0, len(whole), WORTH_READING_BYTES):
        watched.send(whole[place : place + WORTH_READING_BYTES])
    assert watched.looks == len(whole) // WORTH_READING_BYTES + 1
    watched.answer()


@pytest.mark.parametrize("whole", [get(), CHUNKED_HEAD + b"5\r\nhello\r\n0\r\n\r\n"])
def test_a_request_of_unknown_length_is_looked_at_by_time(watched: Watched, whole: bytes) -> None:
    """After some small pieces the rest of them waits for its time, and then is read in one."""
    watched.send_bytewise(whole)
    assert watched.looks == SMALL_PIECES + 1
    assert not watched.clients.has_ready
    assert watched.clients.next_deadline() == LOOK_AGAIN_SECONDS
    watched.wait(LOOK_AGAIN_SECONDS)
    watched.answer()


def test_a_client_that_trickles_on_is_looked_at_again_and_again(watched: Watched) -> None:
    """The next look is due when the last one found no whole request."""
    watched.send_bytewise(HEAD)
    watched.wait(LOOK_AGAIN_SECONDS)
    watched.send_bytewise(b"Content-Length: 0\r\n\r\n")
    looks = watched.looks
    assert watched.clients.next_deadline() == 2 * LOOK_AGAIN_SECONDS
    watched.wait(LOOK_AGAIN_SECONDS)
    assert watched.looks == looks
    watched.answer()


def test_a_client_that_stops_trickling_is_read_at_once(watched: Watched) -> None:
    """When much of a request comes together it does not wait for its time."""
    watched.send_bytewise(HEAD)
    watched.send(b"X: " + b"x" * WORTH_READING_BYTES + b"\r\n\r\n")
    assert watched.clients.has_ready
    watched.answer()


def test_the_request_after_a_trickle_is_read_at_once(watched: Watched) -> None:
    """Each request is looked at as if there had been none before."""
    watched.send_bytewise(get())
    watched.wait(LOOK_AGAIN_SECONDS)
    watched.answer()
    watched.send(get())
    watched.answer()
    assert watched.clients.next_deadline() == watched.now + ANY_PORT.idle_seconds


@pytest.mark.parametrize("begun", [HEAD, post(b"x" * 40)[:-1]])
def test_the_end_of_a_trickle_is_seen_at_once(watched: Watched, begun: bytes) -> None:
    """A client that hangs up is not waited for."""
    watched.send_bytewise(begun)
    watched.hang_up()
    assert len(watched.clients) == 0
    assert watched.clients.next_deadline() is None


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


def test_a_trickle_has_a_deadline(watched: Watched) -> None:
    """However often it is looked at, a request has the time of every other."""
    watched.send_bytewise(HEAD)
    for _ in range(round(ANY_PORT.request_deadline_seconds / LOOK_AGAIN_SECONDS)):
        watched.wait(LOOK_AGAIN_SECONDS)
    (connection,) = watched.clients.take_ready()
    refusal = connection.request.refusal
    assert isinstance(refusal, Answer)
    assert refusal.status_code == 408
