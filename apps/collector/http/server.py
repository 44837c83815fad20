"""The loop: read what is ready, answer it, commit once, send."""

import logging
import selectors
import socket
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from collector.http.connection import Connection
from collector.http.connections import Clients
from collector.http.dispatcher import Exchange
from collector.http.limits import ServerSettings
from collector.http.listener import ACCEPTS_PER_TICK, Listener, OutOfFiles, listen_tcp
from collector.http.request import Request
from collector.http.response import Answer

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

DEFAULT_SETTINGS: Final = ServerSettings()
GRACE_SECONDS: Final = 10.0
WAKE_BYTES: Final = 4096
MOST_WAIT_SECONDS: Final = 60.0
"""Deadlines may be infinite; what the system waits for may not."""
ACCEPT_AGAIN_SECONDS: Final = 1.0

logger = logging.getLogger(__name__)


class Server:
    """Serves a WSGI application over HTTP/1.1, in one thread, with one commit a tick.

    A tick reads every socket that is ready, calls the application for every request that is
    complete, calls `commit` once if any of them awaits it (see AWAITS_COMMIT), and sends the
    answers. When `commit` raises, `commit_failed` makes the answer for those that awaited it, or
    returns None for an error that it does not know: a fault, as whatever the application raises.
    `clock` counts seconds and never goes back; `wall_clock` gives UNIX seconds, for Date.
    `refused` is told the HTTP status of each answer that is not the application's, and `answered`
    of every answer the request's method, the status, and the seconds since the request was whole.
    `cost_of` tells what it may cost to answer a request, in bytes of body to read. `evicted` is
    told of each connection that is closed to make room. `listening` is a socket to serve on;
    without one it is made by the settings.

    Raises OSError when it cannot listen.
    """

    def __init__(
        self,
        application: "WSGIApplication",
        *,
        commit: Callable[[], None],
        commit_failed: Callable[[Exception], Answer | None],
        settings: ServerSettings = DEFAULT_SETTINGS,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
        refused: Callable[[int], None] = lambda _: None,
        cost_of: Callable[[Request], int] = lambda request: request.body_size,
        listening: socket.socket | None = None,
        answered: Callable[[str, int, float], None] = lambda *_: None,
        evicted: Callable[[], None] = lambda: None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._listener = Listener(
            listening or listen_tcp(settings.host, settings.port, backlog=settings.backlog)
        )
        self._selector = selectors.DefaultSelector()
        self._clients = Clients(settings, self._selector, cost_of=cost_of, evicted=evicted)
        self._answered = answered
        self._exchange = Exchange(
            application,
            commit=commit,
            commit_failed=commit_failed,
            address=self._listener.address,
            clock=clock,
            wall_clock=wall_clock,
            refused=refused,
        )
        self._wakes, self._waker = socket.socketpair()
        self._wakes.setblocking(False)
        self._waker.setblocking(False)
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
        return len(self._clients)

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
        if len(self._clients) and self._clock() >= self._ends_at:
            logger.warning("%d connections cut at the end of the grace", len(self._clients))
            return True
        return not len(self._clients)

    def _tick(self) -> None:
        events = self._selector.select(self._seconds_to_wait())
        now = self._clock()
        ready = {key.fileobj for key, _ in events}
        self._read(events, now)
        # Accepting comes after reading: what makes room then had its turn to be read.
        if self._listener.socket in ready:
            self._accept(now)
            # Most requests come with their connection, and would else wait another tick.
            self._read(self._selector.select(0), now)
        if self._accepts_again_at is not None and now >= self._accepts_again_at:
            self._accept_again()
        if self._wakes in ready:
            self._wakes.recv(WAKE_BYTES)
        if self._ends_at is not None and not self._draining:
            self._start_draining(now)
        self._clients.expire(now)
        self._exchange.tell_ended_faults(now)
        self._answer(self._clients.take_ready())
        # Large requests come one at a time, so that a small one waits for one of them at most.
        self._answer(self._clients.take_ready_large())
        if self._draining:
            self._clients.close_without_request()

    def _read(self, events: list[tuple[selectors.SelectorKey, int]], now: float) -> None:
        for key, _ in events:
            if isinstance(key.data, Connection):
                self._clients.handle_event(key.data, now)

    def _accept(self, now: float) -> None:
        try:
            self._clients.accept(self._listener, now)
        except OutOfFiles:
            # It would be ready again at once, and nothing would change.
            self._selector.unregister(self._listener.socket)
            self._accepts_again_at = now + ACCEPT_AGAIN_SECONDS

    def _accept_again(self) -> None:
        self._accepts_again_at = None
        self._selector.register(self._listener.socket, selectors.EVENT_READ)

    def _answer(self, group: list[Connection]) -> None:
        for reply in self._exchange.replies(group):
            now = self._clock()
            waited = now - reply.connection.ready_at
            self._answered(reply.connection.request.method, reply.status, waited)
            self._clients.send(reply, now)

    def _seconds_to_wait(self) -> float:
        """How long a tick may wait for something to happen."""
        if self._clients.has_ready:
            return 0
        deadlines = (self._clients.next_deadline(), self._ends_at, self._accepts_again_at)
        due = [deadline for deadline in deadlines if deadline is not None]
        now = self._clock()
        return max(0.0, min([*due, now + MOST_WAIT_SECONDS]) - now)

    def _start_draining(self, now: float) -> None:
        self._draining = True
        self._exchange.keeps_connections = False
        # Closing the listener resets what still waits at it, so all that is taken first.
        for _ in range(self._settings.backlog // ACCEPTS_PER_TICK + 1):
            if self._accepts_again_at is None:
                self._accept(now)
        if self._accepts_again_at is None:
            self._selector.unregister(self._listener.socket)
        self._accepts_again_at = None
        self._listener.close()
        self._clients.read_all(now)

    def _close(self) -> None:
        self._clients.close()
        self._listener.close()
        self._selector.close()
        self._wakes.close()
        self._waker.close()
