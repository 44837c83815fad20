"""From requests to responses: the application for each (WSGI, PEP 3333), one commit for all."""

import logging
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from email.utils import formatdate
from types import TracebackType
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from collector.http.connection import Afterwards, Connection
from collector.http.request import Request
from collector.http.response import Response, encode, plain_text
from collector.telemetry.logs import Incident
from collector.telemetry.metrics import Metrics

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication, WSGIEnvironment

QUIET_SECONDS: Final = 30.0
FAULT: Final = plain_text("500 Internal Server Error", "the server could not handle the request")

SAME_FOR_ALL: Final = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.url_scheme": "http",
    "wsgi.input_terminated": True,
    "wsgi.multithread": False,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
}
"""What the environ of every request holds."""

logger = logging.getLogger(__name__)

Endpoint = tuple[str, int]
# By name, because annotations of a function inside another are evaluated whenever that is called.
Headers = list[tuple[str, str]]
Write = Callable[[bytes], object]
ExceptionInfo = (
    tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None] | None
)


class Group(Protocol):
    """What requests put aside, to be committed together."""

    def take_joined(self) -> bool:
        """Whether the request that was just handled has put something aside; asked once."""

    def commit(self) -> Response | None:
        """Make all of it durable. Where that fails, return what answers those who joined."""


class Reply(NamedTuple):
    """The bytes that answer the request of a connection, and what becomes of it then."""

    connection: Connection
    data: bytes
    afterwards: Afterwards
    status: int
    """The HTTP status that the bytes say."""


class Dispatcher:
    """Answers the requests of a tick.

    The response to a request that joined the group is true once the group is committed, and is
    replaced where that fails. Whatever the application or the commit raises is a fault.
    """

    def __init__(
        self,
        application: "WSGIApplication",
        group: Group,
        *,
        metrics: Metrics,
        address: Endpoint,
        clock: Callable[[], float],
        wall_clock: Callable[[], float],
    ) -> None:
        """`clock` is monotonic, for faults that are over; `wall_clock` gives UNIX seconds."""
        self._application = application
        self._group = group
        self._metrics = metrics
        self._address = address
        self._clock = clock
        self._wall_clock = wall_clock
        self._date = (-1, "")
        self._faults: dict[str, Incident] = {}
        self.keeps_connections = True
        """False while shutting down: every response is then the last on its connection."""

    def replies(self, connections: Iterable[Connection]) -> Iterator[Reply]:
        """The replies to one request of each connection.

        Those that joined the group come last, after its commit, however it ended.
        """
        joined: list[Reply] = []
        for connection in connections:
            reply = self._handle(connection)
            if self._group.take_joined():
                joined.append(reply)
            else:
                yield reply
        if joined:
            yield from self._committed(joined)

    def _handle(self, connection: Connection) -> Reply:
        request = connection.request
        if request.error_response is not None:
            self._metrics.refused_by_server(request.error_response.status_code)
            return self._reply(connection, request.error_response)
        environ = make_environ(request, client=connection.client, server=self._address)
        try:
            return self._reply(connection, call_application(self._application, environ))
        # Whatever an application raises, the other clients' requests go on.
        except Exception as error:  # noqa: BLE001
            return self._reply(connection, self._fault(error))

    def _committed(self, joined: list[Reply]) -> list[Reply]:
        try:
            failure = self._group.commit()
        # Whatever a commit raises, nothing of its group is durable, and the clients must know.
        except Exception as error:  # noqa: BLE001
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
        data = encode(
            response,
            to_head=request.method == "HEAD",
            connection=keep if keeps else "close",
            date=self._http_date(),
        )
        return Reply(connection, data, afterwards, response.status_code)

    def _afterwards(self, connection: Connection) -> Afterwards:
        if connection.request.error_response is not None:
            return Afterwards.LINGER
        # A request that was sent ahead of the response to this one is answered, closing or not.
        wanted = self.keeps_connections or connection.has_unparsed
        keeps = wanted and connection.request.keeps_connection
        return Afterwards.KEEP if keeps else Afterwards.CLOSE

    def _http_date(self) -> str:
        second = int(self._wall_clock())
        if second != self._date[0]:
            self._date = (second, formatdate(second, usegmt=True))
        return self._date[1]

    def _fault(self, error: Exception) -> Response:
        """Log where `error` was raised, if that is news.

        Faults are the same that are of one type and were raised at one line, so there are never
        more than the program has lines. Neither log nor client gets the message: it may quote the
        payload.
        """
        fault = type(error).__name__
        for frame, line in traceback.walk_tb(error.__traceback__):
            fault = f"{type(error).__name__} in {frame.f_code.co_name}, line {line}"
        if self._faults.setdefault(fault, Incident(QUIET_SECONDS)).happens(self._clock()):
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


def make_environ(request: Request, *, client: Endpoint, server: Endpoint) -> "WSGIEnvironment":
    """The request as PEP 3333 hands it to an application; addresses are (host, port)."""
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": request.method,
        "PATH_INFO": request.path,
        "QUERY_STRING": request.query,
        "REQUEST_URI": request.request_uri,
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{request.version}",
        "wsgi.input": request.get_body_stream(),
        "wsgi.errors": sys.stderr,
        **SAME_FOR_ALL,
    }
    for name, value in request.headers.items():
        bare = name in {"CONTENT_TYPE", "CONTENT_LENGTH"}
        environ[name if bare else f"HTTP_{name}"] = value
    return environ


def call_application(application: "WSGIApplication", environ: "WSGIEnvironment") -> Response:
    """Run the application to the end of its body.

    The body is taken whole, because a response may have to be replaced when the commit fails.
    Raises whatever the application raises.
    """
    started: list[tuple[str, Headers]] = []
    body: list[bytes] = []

    def start_response(status: str, headers: Headers, exc_info: ExceptionInfo = None, /) -> Write:
        if started and exc_info is None:
            raise RuntimeError("start_response was called twice")
        started.append((status, headers))
        return body.append

    chunks = application(environ, start_response)
    try:
        body.extend(chunks)
        if not started:
            raise RuntimeError("start_response was not called")
        return Response(*started[-1], b"".join(body))
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
