"""The loop: read what is ready, answer it, commit once, send."""

import logging
import selectors
import socket
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from collector.http import Limits
from collector.http.connection import ACCEPTS_PER_TICK, Connection, Listener, OutOfFiles
from collector.http.connections import Connections
from collector.http.dispatcher import Dispatcher, GroupCommit
from collector.http.listener import BACKLOG
from collector.http.request import Request
from collector.telemetry.metrics import Metrics

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

DEFAULT_LIMITS: Final = Limits()
GRACE_SECONDS: Final = 10.0
WAKE_BYTES: Final = 4096
MOST_WAIT_SECONDS: Final = 60.0
"""Deadlines may be infinite; what the system waits for may not."""
ACCEPT_AGAIN_SECONDS: Final = 1.0

logger = logging.getLogger(__name__)


class Server:
    """Serves a WSGI application over HTTP/1.1, in one thread, with one commit a tick.

    A tick reads every socket that is ready, calls the application for every request that is
    complete, commits the group once if any of them joined it, and sends the responses.
    """

    def __init__(
        self,
        application: "WSGIApplication",
        group: GroupCommit,
        listening: socket.socket,
        *,
        metrics: Metrics,
        limits: Limits = DEFAULT_LIMITS,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
        cost_of: Callable[[Request], int] = lambda request: request.body_size,
    ) -> None:
        """`clock` is monotonic; `wall_clock` gives UNIX seconds, for Date.

        `cost_of` gives what it may cost to answer a request, in bytes of body to read.
        """
        self._clock = clock
        self._metrics = metrics
        self._listener = Listener(listening)
        self._selector = selectors.DefaultSelector()
        self._connections = Connections(limits, self._selector, cost_of=cost_of, metrics=metrics)
        self._dispatcher = Dispatcher(
            application,
            group,
            metrics=metrics,
            address=self._listener.address,
            clock=clock,
            wall_clock=wall_clock,
        )
        self._wakes, self._waker = _nonblocking_pair()
        self._ends_at: float | None = None
        self._accepts_again_at: float | None = None
        self._draining = False

    @property
    def address(self) -> tuple[str, int]:
        """The host and port that it listens on."""
        return self._listener.address

    @property
    def open_connections(self) -> int:
        """How many connections are open now. May be asked from any thread."""
        return len(self._connections)

    def run(self) -> None:
        """Serve until shut down; call it once."""
        self._selector.register(self._listener.socket, selectors.EVENT_READ)
        self._selector.register(self._wakes, selectors.EVENT_READ)
        try:
            while not self._has_ended():
                self._tick()
        finally:
            self._close()

    def shut_down(self, grace_seconds: float = GRACE_SECONDS) -> None:
        """Make `run` return once every request whose head has arrived is answered.

        After `grace_seconds` it returns whatever is still under way. May be called from a signal
        handler, from another thread, and before `run`.
        """
        self._ends_at = self._clock() + grace_seconds
        try:
            self._waker.send(b"\0")
        except OSError:
            # Full, so it wakes the loop anyhow; or closed, because the loop has ended.
            return

    def _has_ended(self) -> bool:
        if not self._draining or self._ends_at is None:
            return False
        if len(self._connections) and self._clock() >= self._ends_at:
            logger.warning(
                "%d connections were cut when the grace period ended", len(self._connections)
            )
            return True
        return not len(self._connections)

    def _tick(self) -> None:
        events = self._selector.select(self._seconds_to_wait())
        now = self._clock()
        ready = {key.fileobj for key, _ in events}
        self._read(events, now)
        # Accepting comes after reading: a connection that is closed for room was read before.
        if self._listener.socket in ready:
            self._accept(now)
            # Most requests come with their connection, and would else wait another tick.
            self._read(self._selector.select(0), now)
        if self._accepts_again_at is not None and now >= self._accepts_again_at:
            self._accepts_again_at = None
            self._selector.register(self._listener.socket, selectors.EVENT_READ)
        if self._wakes in ready:
            self._wakes.recv(WAKE_BYTES)
        if self._ends_at is not None and not self._draining:
            self._start_draining(now)
        self._connections.expire(now)
        self._dispatcher.log_ended_faults(now)
        self._answer(self._connections.ready.take())
        # Large requests come one at a time, so that a small one waits for one of them at most.
        self._answer(self._connections.ready.take_large())
        if self._draining:
            self._connections.close_without_request()

    def _read(self, events: list[tuple[selectors.SelectorKey, int]], now: float) -> None:
        for key, _ in events:
            if isinstance(key.data, Connection):
                self._connections.handle_event(key.data, now)

    def _accept(self, now: float) -> None:
        try:
            self._connections.accept(self._listener, now)
        except OutOfFiles:
            # It would be ready again at once, and nothing would change.
            self._selector.unregister(self._listener.socket)
            self._accepts_again_at = now + ACCEPT_AGAIN_SECONDS

    def _answer(self, group: list[Connection]) -> None:
        for reply in self._dispatcher.replies(group):
            now = self._clock()
            waited = now - reply.connection.ready_at
            self._metrics.responded(reply.connection.request.method, reply.status, waited)
            self._connections.send(reply, now)

    def _seconds_to_wait(self) -> float:
        """How long a tick may wait for something to happen."""
        if self._connections.ready:
            return 0
        deadlines = (self._connections.next_deadline(), self._ends_at, self._accepts_again_at)
        due = [deadline for deadline in deadlines if deadline is not None]
        now = self._clock()
        return max(0.0, min([*due, now + MOST_WAIT_SECONDS]) - now)

    def _start_draining(self, now: float) -> None:
        self._draining = True
        self._dispatcher.keeps_connections = False
        # Closing the listener resets what still waits at it, so all that is taken first.
        for _ in range(BACKLOG // ACCEPTS_PER_TICK + 1):
            if self._accepts_again_at is None:
                self._accept(now)
        if self._accepts_again_at is None:
            self._selector.unregister(self._listener.socket)
        self._accepts_again_at = None
        self._listener.close()
        self._connections.read_all(now)

    def _close(self) -> None:
        self._connections.close()
        self._listener.close()
        self._selector.close()
        self._wakes.close()
        self._waker.close()


def _nonblocking_pair() -> tuple[socket.socket, socket.socket]:
    first, second = socket.socketpair()
    first.setblocking(False)
    second.setblocking(False)
    return first, second
