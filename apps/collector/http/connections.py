"""Every open connection, and what each one waits for."""

import logging
import selectors
import socket
from collections.abc import Callable
from typing import Final

from collector.http import Limits
from collector.http.connection import (
    Afterwards,
    Connection,
    Listener,
    OutOfFiles,
    Received,
    Sent,
)
from collector.http.dispatcher import Reply
from collector.http.queues import BodyMemory, Incident, ReadyQueue, WaitQueue
from collector.http.request import Request, RequestLimits
from collector.http.response import plain_text
from collector.telemetry.metrics import Metrics

LINGER_SECONDS: Final = 2.0
POLL_SECONDS: Final = 1.0
QUIET_SECONDS: Final = 30.0
TOO_SLOW: Final = plain_text("408 Request Timeout", "the request took too long to arrive")
TOO_MANY_LARGE_BODIES: Final = plain_text(
    "503 Service Unavailable", "too many large bodies at once", ("Retry-After", "5")
)

logger = logging.getLogger(__name__)

Queue = WaitQueue[Connection]


class Connections:
    """The open connections.

    Each one either waits for its client, in one of four queues, or has a request that is ready
    to be answered and is in none. Only those that wait may be closed, when time or room runs out.
    """

    def __init__(
        self,
        limits: Limits,
        selector: selectors.BaseSelector,
        *,
        cost_of: Callable[[Request], int],
        metrics: Metrics,
    ) -> None:
        """`cost_of` gives what it may cost to answer a request, in bytes of body to read."""
        self._cost_of = cost_of
        self._metrics = metrics
        self._limit = limits.connection_limit
        self._request_limits = RequestLimits(limits)
        self._selector = selector
        self._idle: Queue = WaitQueue(limits.idle_seconds)
        self._receiving: Queue = WaitQueue(limits.request_deadline_seconds)
        self._sending: Queue = WaitQueue(limits.response_deadline_seconds)
        self._lingering: Queue = WaitQueue(LINGER_SECONDS)
        self._queues = (self._idle, self._receiving, self._sending, self._lingering)
        # Those of the receiving that are polled by the clock, instead of read at every byte.
        self._polled: Queue = WaitQueue(POLL_SECONDS)
        self._place: dict[Connection, Queue | None] = {}
        self.ready: ReadyQueue[Connection] = ReadyQueue(limits.large_body_bytes)
        """Those whose request is ready to be answered."""
        self._bodies: BodyMemory[Connection] = BodyMemory(
            large_body_bytes=limits.large_body_bytes,
            limit_bytes=limits.large_body_memory_bytes,
        )
        self._evictions = Incident(QUIET_SECONDS)

    def __len__(self) -> int:
        return len(self._place)

    def next_deadline(self) -> float | None:
        """When the first connection is due to be closed or read; None when none waits."""
        deadlines = [queue.deadline() for queue in (*self._queues, self._polled)]
        return min((deadline for deadline in deadlines if deadline is not None), default=None)

    def accept(self, listener: Listener, now: float) -> None:
        """Take the connections that wait at the listener. Raises OutOfFiles where none can be.

        That is when there is no file descriptor, and no connection to close for one.
        """
        try:
            for connected, client in listener.accept_waiting():
                self._open(connected, client, now)
        except OutOfFiles:
            if not self._make_room("no file descriptor is left", now):
                raise

    def _open(self, connected: socket.socket, client: tuple[str, int], now: float) -> None:
        if len(self) >= self._limit:
            self._make_room(f"{self._limit} connections are open", now)
        if len(self) >= self._limit:
            connected.close()
            return
        connection = Connection(connected, client, self._request_limits)
        self._selector.register(connected, selectors.EVENT_READ, connection)
        self._place[connection] = self._idle
        self._idle.add(connection, now)

    def _make_room(self, reason: str, now: float) -> bool:
        """Close the connection that has waited longest for its client, if there is one."""
        if self._evictions.happens(now):
            logger.warning("%s: closing the one that has waited longest for each new one", reason)
        firsts = [first for queue in self._queues if (first := queue.first()) is not None]
        if firsts:
            self._close(min(firsts, key=lambda first: first[0])[1])
            self._metrics.evicted()
        return bool(firsts)

    def handle_event(self, connection: Connection, now: float) -> None:
        """Go on with a connection whose socket has become ready for what it waits for."""
        queue = self._place.get(connection)
        if queue is None:  # closed a moment ago, or its request is yet to be answered
            return
        if queue is self._sending:
            self._send(connection, now)
        elif queue is self._lingering:
            if connection.discard() is Received.CLIENT_GONE:
                self._close(connection)
        else:
            self._proceed(connection, connection.receive(), now)

    def _proceed(self, connection: Connection, received: Received, now: float) -> None:
        if received is Received.CLIENT_GONE:
            self._close(connection)
        elif received is Received.NOTHING:
            self._move(connection, self._idle, now)
        elif not self._has_room_for_body(connection, now) or received is Received.REQUEST:
            self._make_ready(connection, now)
        else:
            self._receive_more(connection, now)

    def _receive_more(self, connection: Connection, now: float) -> None:
        self._move(connection, self._receiving, now)
        self._polled.discard(connection)
        if connection.is_slow:
            self._polled.add(connection, now)
        if connection.has_unsent:  # 100 Continue
            self._send(connection, now)

    def _has_room_for_body(self, connection: Connection, now: float) -> bool:
        while not self._bodies.hold(connection, connection.request.body_size, now):
            stalled = self._bodies.stalled(now, except_for=connection)
            if stalled is None:
                connection.request.fail_with(TOO_MANY_LARGE_BODIES)
                return False
            self._fail_late(stalled, now)
        return True

    def _fail_late(self, connection: Connection, now: float) -> None:
        connection.request.fail_with(TOO_SLOW)
        self._bodies.release(connection)
        self._make_ready(connection, now)

    def _make_ready(self, connection: Connection, now: float) -> None:
        self._move(connection, None, now)
        self._bodies.finish(connection)
        connection.ready_at = now
        failed = connection.request.error_response is not None
        self.ready.add(connection, 0 if failed else self._cost_of(connection.request))

    def send(self, reply: Reply, now: float) -> None:
        """Send a reply, or as much of it as the client takes now."""
        reply.connection.respond(reply.data, reply.afterwards, reply.body)
        self._bodies.release(reply.connection)
        self._send(reply.connection, now)

    def _send(self, connection: Connection, now: float) -> None:
        sent = connection.send()
        if sent is Sent.CLIENT_GONE:
            self._close(connection)
        elif sent is Sent.PART:
            self._move(connection, self._sending, now)
        elif connection.afterwards is Afterwards.CLOSE:
            self._close(connection)
        elif connection.afterwards is Afterwards.LINGER:
            connection.start_lingering()
            self._move(connection, self._lingering, now)
        else:
            self._proceed(connection, connection.parse(), now)

    def expire(self, now: float) -> None:
        """Fail the requests, and close the connections, that have waited too long.

        What has come from slow clients is read when its time has come.
        """
        for connection in self._receiving.take_expired(now):
            self._fail_late(connection, now)
        for queue in (self._idle, self._sending, self._lingering):
            for connection in queue.take_expired(now):
                self._close(connection)
        for connection in self._polled.take_expired(now):
            self.handle_event(connection, now)
        if closed := self._evictions.take_ended(now):
            logger.warning("%d connections were closed to make room; no more are", closed)

    def read_all(self, now: float) -> None:
        """Read what has arrived on every connection that no request is known of."""
        for connection in self._idle.members() + self._receiving.members():
            self.handle_event(connection, now)

    def close_without_request(self) -> None:
        """Close the connections on which no whole head of a request has arrived."""
        for connection in self._idle.members() + self._receiving.members():
            if not connection.request.headers_finished:
                self._close(connection)

    def close(self) -> None:
        """Close every connection, whatever it waits for."""
        for connection in list(self._place):
            self._close(connection)

    def _move(self, connection: Connection, queue: Queue | None, now: float) -> None:
        previous = self._place[connection]
        if queue is previous:
            return
        if previous is not None:
            previous.discard(connection)
        if previous is self._receiving:
            self._polled.discard(connection)
            self._bodies.finish(connection)
        if queue is not None:
            queue.add(connection, now)
        self._place[connection] = queue
        if queue is self._sending:
            self._selector.modify(connection.socket, selectors.EVENT_WRITE, connection)
        elif previous is self._sending:
            self._selector.modify(connection.socket, selectors.EVENT_READ, connection)

    def _close(self, connection: Connection) -> None:
        queue = self._place.pop(connection)
        if queue is not None:
            queue.discard(connection)
        self._polled.discard(connection)
        self._bodies.release(connection)
        self._selector.unregister(connection.socket)
        connection.close()
