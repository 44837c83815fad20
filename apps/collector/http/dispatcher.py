"""From requests to responses: the application for each (WSGI, PEP 3333), one commit for all."""

import logging
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import KW_ONLY, dataclass, field
from email.utils import formatdate
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from structlog.stdlib import BoundLogger

from collector.errors import SpoolUnavailable
from collector.http.connection import Afterwards, Connection
from collector.http.problems import problem_of, server_reason
from collector.http.queues import Incident
from collector.http.request import Endpoint, make_environ
from collector.http.response import Response, call_application, encode, plain_text
from collector.records import AcceptedReport
from collector.spool.writer import Added, Spool
from collector.telemetry.metrics import Metrics

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

FAULT_QUIET_SECONDS: Final = 30.0
SPOOL_QUIET_SECONDS: Final = 10.0
"""Trouble that has not come for so long is over; on a full disk it comes and goes."""
STOPPING: Final = "the collector is shutting down"
SPOOL_FAILS: Final = "the spool cannot be written"
FAULT: Final = plain_text("500 Internal Server Error", "the server could not handle the request")

logger = logging.getLogger(__name__)


@dataclass(eq=False)
class GroupCommit:
    """Takes reports for one commit a tick; wakes the drain after it, and notes how the spool is.

    Whoever adds a report joins the group, also where it is a repeat or its key was used before:
    what it was compared with may be in this group, and is stored only if the commit succeeds.
    """

    spool: Spool
    _: KW_ONLY
    wake_drain: Callable[[], None]
    metrics: Metrics
    clock: Callable[[], float]
    """Seconds, monotonic."""
    log: BoundLogger
    _failures: Incident = field(default_factory=partial(Incident, SPOOL_QUIET_SECONDS), init=False)
    _full: Incident = field(default_factory=partial(Incident, SPOOL_QUIET_SECONDS), init=False)
    _joined: bool = field(default=False, init=False)
    _fails: bool = field(default=False, init=False)
    _stopping: bool = field(default=False, init=False)

    def add(self, accepted: AcceptedReport) -> None:
        """Add a report. Raises what `Spool.add` raises."""
        self._joined = True
        if self.spool.add(accepted) is Added.REPEATED:
            self.metrics.repeated()

    def take_joined(self) -> bool:
        """Whether a report was added, or tried to be, since this was asked last."""
        joined, self._joined = self._joined, False
        return joined

    def commit(self) -> Response | None:
        """Commit the group; return what answers everybody in it where none of it is stored."""
        began = self.clock()
        try:
            reports = self.spool.commit()
        except SpoolUnavailable as error:
            return self._failed(error, began)
        self._fails = False
        if failed := self._failures.take_ended(began):
            self.log.info("the spool takes reports again", failed_commits=failed)
        self._note_room(began)
        if reports:
            self.metrics.committed(reports, seconds=self.clock() - began)
            self.wake_drain()
        return None

    def _failed(self, error: SpoolUnavailable, now: float) -> Response:
        self.metrics.commit_failed()
        self._fails = True
        if self._failures.happens(now):
            self.log.error("the spool takes no reports", reason=error.reason)
        return problem_of(error)

    def _note_room(self, now: float) -> None:
        reason = self.spool.full()
        if reason is not None and self._full.happens(now):
            self.log.error("no more reports are taken until there is room", reason=reason)
        elif reason is None and self._full.take_ended(now):
            self.log.info("there is room for reports again")

    def stop(self) -> None:
        """Say from now on that the collector is shutting down."""
        self._stopping = True

    def reasons(self) -> tuple[str, ...]:
        """Return why no report can be accepted now, as `/readyz` says; empty when one can.

        A warehouse that is down is not a reason: the spool takes reports. After a failure the spool
        is tried again: a load balancer sends no posts meanwhile, so no commit would ever find out
        that the disk has room again. May be asked from any thread.
        """
        reasons = [STOPPING] if self._stopping else []
        if self._fails and not self._spool_takes_a_write():
            reasons.append(SPOOL_FAILS)
        full = self.spool.full()
        if full is not None:
            reasons.append(full)
        return tuple(reasons)

    def _spool_takes_a_write(self) -> bool:
        try:
            self.spool.check_writable()
        except SpoolUnavailable:
            return False
        return True


class Reply(NamedTuple):
    """The bytes that answer the request of a connection, and what becomes of it then."""

    connection: Connection
    data: bytes
    afterwards: Afterwards
    status: int
    """The HTTP status that the bytes say."""
    body: bytes = b""
    """What is sent behind `data`, where it is long."""


@dataclass(eq=False)
class Dispatcher:
    """Answers the requests of a tick.

    The response to a request that joined the group is true once the group is committed, and is
    replaced where that fails. Whatever the application or the commit raises is a fault.
    """

    application: "WSGIApplication"
    group: GroupCommit
    _: KW_ONLY
    metrics: Metrics
    address: Endpoint
    clock: Callable[[], float]
    """Seconds, monotonic."""
    wall_clock: Callable[[], float]
    """UNIX seconds."""
    keeps_connections: bool = True
    """False while shutting down: every response is then the last on its connection."""
    _date: tuple[int, str] = field(default=(-1, ""), init=False)
    _faults: dict[str, Incident] = field(default_factory=dict, init=False)

    def replies(self, connections: Iterable[Connection]) -> Iterator[Reply]:
        """The replies to one request of each connection.

        Those that joined the group come last, after its commit, however it ended.
        """
        joined: list[Reply] = []
        for connection in connections:
            reply = self._handle(connection)
            if self.group.take_joined():
                joined.append(reply)
            else:
                yield reply
        if joined:
            yield from self._committed(joined)

    def _handle(self, connection: Connection) -> Reply:
        request = connection.request
        if request.error_response is not None:
            self.metrics.refused(server_reason(request.error_response.status_code))
            return self._reply(connection, request.error_response)
        environ = make_environ(request, client=connection.client, server=self.address)
        try:
            return self._reply(connection, call_application(self.application, environ))
        except Exception as error:  # noqa: BLE001 - whatever it raises, other requests go on
            return self._reply(connection, self._fault(error))

    def _committed(self, joined: list[Reply]) -> list[Reply]:
        try:
            failure = self.group.commit()
        except Exception as error:  # noqa: BLE001 - nothing is durable, and clients must know
            failure = self._fault(error)
        if failure is None:
            return joined
        return [self._reply(reply.connection, failure) for reply in joined]

    def _reply(self, connection: Connection, response: Response) -> Reply:
        request = connection.request
        afterwards = self._afterwards(connection)
        keeps = afterwards is Afterwards.KEEP
        # RFC 9112, 9.3: HTTP/1.1 keeps a connection by default, HTTP/1.0 closes it.
        keep = "keep-alive" if request.version == "1.0" else None
        data, body = encode(
            response,
            to_head=request.method == "HEAD",
            connection=keep if keeps else "close",
            date=self._http_date(),
        )
        return Reply(connection, data, afterwards, response.status_code, body)

    def _afterwards(self, connection: Connection) -> Afterwards:
        if connection.request.error_response is not None:
            return Afterwards.LINGER
        # A request that was sent ahead of the response to this one is answered, closing or not.
        wanted = self.keeps_connections or connection.has_unparsed
        keeps = wanted and connection.request.keeps_connection
        return Afterwards.KEEP if keeps else Afterwards.CLOSE

    def _http_date(self) -> str:
        second = int(self.wall_clock())
        if second != self._date[0]:
            self._date = (second, formatdate(second, usegmt=True))
        return self._date[1]

    def _fault(self, error: Exception) -> Response:
        """Log where `error` was raised, if that is news.

        Two faults are the same if type and line are, so there are at most a few for each line of
        the program. Neither log nor client gets the message: it may quote the payload.
        """
        fault = type(error).__name__
        for frame, line in traceback.walk_tb(error.__traceback__):
            fault = f"{type(error).__name__} in {frame.f_code.co_name}, line {line}"
        if self._faults.setdefault(fault, Incident(FAULT_QUIET_SECONDS)).happens(self.clock()):
            frames = "".join(traceback.format_tb(error.__traceback__))
            logger.error("the application raised %s, answered 500\n%s", fault, frames)
        return FAULT

    def log_ended_faults(self, now: float) -> None:
        """Log of each fault that came more than once, and comes no more, how often it did."""
        for fault in list(self._faults):
            times = self._faults[fault].take_ended(now)
            if times:
                del self._faults[fault]
            if times > 1:
                logger.warning("the application raised %s %d times, and now no more", fault, times)
