"""Taking connections, and one of them: bytes in, requests out; responses in, bytes out."""

import errno
import socket
from collections.abc import Iterator
from contextlib import suppress
from enum import Enum, auto
from typing import Final

from collector.http.request import Request, RequestLimits

RECEIVE_BYTES: Final = 64 * 1024
MAX_LINGER_BYTES: Final = 16 * 1024 * 1024
WORTH_READING_BYTES: Final = 4096

# A client that sends more small pieces than this, of a request of unknown length, is a slow one.
SMALL_PIECES: Final = 8
SMALL_PIECE_BYTES: Final = 512
_NOTHING: Final = memoryview(b"")
CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"

# A tick accepts so many connections and no more, so that at the connection limit a flood cannot
# close a connection before it had a tick in which to be read.
ACCEPTS_PER_TICK: Final = 128

# accept(2): the connection died in the queue. It is gone; the next one may be well.
_LOST: Final = frozenset({errno.ECONNABORTED, errno.EPROTO, errno.EPERM, errno.ECONNRESET})

# A client of a Unix socket is on this machine, and has no address.
_LOCAL: Final = ("127.0.0.1", 0)


class OutOfFiles(OSError):
    """No file descriptor, or no memory for one, is left for another connection."""


class Listener:
    """Takes connections from a listening socket."""

    def __init__(self, listening: socket.socket) -> None:
        self.socket: Final = listening
        self.socket.setblocking(False)
        self._is_unix: Final = listening.family == socket.AF_UNIX
        self.address: Final = _LOCAL if self._is_unix else _host_and_port(listening.getsockname())

    def accept_waiting(self) -> Iterator[tuple[socket.socket, tuple[str, int]]]:
        """The connections that wait, up to ACCEPTS_PER_TICK, with the address of each client.

        Raises OutOfFiles when there is no file descriptor for the next.
        """
        for _ in range(ACCEPTS_PER_TICK):
            try:
                connected, address = self.socket.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in _LOST:
                    continue
                raise OutOfFiles(*error.args) from error
            connected.setblocking(False)
            if self._is_unix:
                yield connected, _LOCAL
                continue
            with suppress(OSError):  # macOS, when the client has gone already
                connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            yield connected, _host_and_port(address)

    def close(self) -> None:
        """Take no more connections."""
        self.socket.close()


def _host_and_port(address: tuple[str, int] | tuple[str, int, int, int]) -> tuple[str, int]:
    return address[0], address[1]


class Received(Enum):
    """How far the request at the front of a connection has come."""

    NOTHING = auto()
    PART = auto()
    REQUEST = auto()
    CLIENT_GONE = auto()


class Sent(Enum):
    """What became of the bytes to send."""

    ALL = auto()
    PART = auto()
    CLIENT_GONE = auto()


class Afterwards(Enum):
    """What happens to a connection once its response is sent."""

    KEEP = auto()
    CLOSE = auto()
    LINGER = auto()
    """Say that no more comes, then read on for a moment: closing a socket that still receives
    resets it, and the client may lose the response that says why (RFC 9112, 9.6)."""


class Connection:
    """A socket with the request that it receives and the bytes that it has yet to send.

    Each read of a socket costs the same, whether a byte has come or all of a request. So the
    system wakes us for what is worth reading (SO_RCVLOWAT, socket(7)): WORTH_READING_BYTES, or what
    is missing of a body. Where that is not known, a slow client is polled by the clock.
    The system always reports the end of what a client sends.
    """

    __slots__ = (
        "_discarded",
        "_limits",
        "_small_pieces",
        "_unparsed",
        "_unsent",
        "_unsent_body",
        "_worth_reading",
        "afterwards",
        "client",
        "ready_at",
        "request",
        "socket",
    )

    def __init__(
        self, connected: socket.socket, client: tuple[str, int], limits: RequestLimits
    ) -> None:
        self.socket = connected
        self.client = client
        self.afterwards = Afterwards.KEEP
        self.ready_at = 0.0
        """Since when its request waits to be answered."""
        self.request = Request(limits)
        self._limits = limits
        self._unparsed = b""
        self._unsent: bytes | memoryview = b""
        self._unsent_body = _NOTHING
        self._discarded = 0
        self._small_pieces = 0
        self._worth_reading = 1

    def receive(self) -> Received:
        """Read once what the client sent and parse it."""
        try:
            data = self.socket.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return self.parse()
        except OSError:
            return Received.CLIENT_GONE
        if not data:
            return Received.CLIENT_GONE
        self._unparsed += data
        received = self.parse()
        if received is Received.PART:
            self._wait_for_more(arrived=len(data))
        return received

    def parse(self) -> Received:
        """Parse what has arrived, up to the end of one request; the rest waits for its response."""
        while self._unparsed and not self.request.completed:
            consumed = self.request.receive(self._unparsed)
            self._unparsed = self._unparsed[consumed:]
            if self.request.empty:  # blank lines before a request (RFC 9112, 2.2)
                self.request = Request(self._limits)
        if self.request.completed:
            return Received.REQUEST
        if self.request.awaits_continue:
            self.request.expect_continue = False
            self._unsent = CONTINUE
        return Received.PART if self.request.begun else Received.NOTHING

    @property
    def is_slow(self) -> bool:
        """Whether a request of unknown length comes in many small pieces."""
        return self.request.missing is None and self._small_pieces > SMALL_PIECES

    def _wait_for_more(self, *, arrived: int) -> None:
        missing = self.request.missing
        if missing is not None:
            self._wake_at(min(missing, WORTH_READING_BYTES))
            return
        if arrived < SMALL_PIECE_BYTES:
            self._small_pieces += 1
        if self.is_slow:
            self._wake_at(WORTH_READING_BYTES)

    def _wake_at(self, size: int) -> None:
        if size == self._worth_reading:
            return
        # A system that does not know the option makes more reads necessary, and nothing else.
        with suppress(OSError):
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, size)
        self._worth_reading = size

    def respond(self, data: bytes, afterwards: Afterwards, body: bytes = b"") -> None:
        """Let `data` and then `body` be what is to be sent, and forget the request."""
        self._small_pieces = 0
        self._wake_at(1)
        self._unsent = data
        self._unsent_body = memoryview(body)
        self.afterwards = afterwards
        self.request.close()
        self.request = Request(self._limits)

    @property
    def has_unparsed(self) -> bool:
        """Whether anything has arrived behind the request at the front."""
        return bool(self._unparsed)

    @property
    def has_unsent(self) -> bool:
        """Whether anything is yet to be sent."""
        return bool(self._unsent)

    def send(self) -> Sent:
        """Send as much as the socket takes at once."""
        try:
            while self._unsent:
                self._unsent = self._unsent[self.socket.send(self._unsent) :]
                if not self._unsent:
                    self._unsent, self._unsent_body = self._unsent_body, _NOTHING
        except BlockingIOError:
            return Sent.PART
        except OSError:
            return Sent.CLIENT_GONE
        return Sent.ALL

    def start_lingering(self) -> None:
        """Say to the client that no more comes."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            # It has gone already; the next read says so.
            return

    def discard(self) -> Received:
        """Read and forget what still arrives while lingering, up to MAX_LINGER_BYTES."""
        try:
            count = len(self.socket.recv(RECEIVE_BYTES))
        except BlockingIOError:
            return Received.NOTHING
        except OSError:
            return Received.CLIENT_GONE
        self._discarded += count
        ended = count == 0 or self._discarded > MAX_LINGER_BYTES
        return Received.CLIENT_GONE if ended else Received.NOTHING

    def close(self) -> None:
        """Close the socket and free the buffers."""
        self.request.close()
        self.socket.close()
