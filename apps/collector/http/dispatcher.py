"""From requests to answers: the application for each, one commit for all."""

from collections.abc import Callable, Iterable, Iterator
from email.utils import formatdate
from typing import TYPE_CHECKING, NamedTuple

from collector.http.connection import Afterwards, Connection
from collector.http.faults import Faults
from collector.http.gateway import AWAITS_COMMIT, call_application, make_environ
from collector.http.response import Answer, encode_answer

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication


class Reply(NamedTuple):
    """The bytes that answer the request of a connection, and what becomes of it then."""

    connection: Connection
    data: bytes
    afterwards: Afterwards
    status: int
    """The HTTP status that the bytes say."""


class Exchange:
    """Answers groups of requests.

    `commit` makes durable whatever the application put aside while it handled a group; when it
    raises, `commit_failed` makes the answer that replaces those that awaited it. What there is to
    log of it, the two of them do. An error for which that has no answer is a fault.
    """

    def __init__(
        self,
        application: "WSGIApplication",
        *,
        commit: Callable[[], None],
        commit_failed: Callable[[Exception], Answer | None],
        address: tuple[str, int],
        clock: Callable[[], float],
        wall_clock: Callable[[], float],
        refused: Callable[[int], None],
    ) -> None:
        """`clock` is monotonic, for faults that are over; `wall_clock` gives UNIX seconds.

        `refused` is told the HTTP status of each answer that is not the application's.
        """
        self._application = application
        self._commit = commit
        self._commit_failed = commit_failed
        self._address = address
        self._clock = clock
        self._refused = refused
        self._faults = Faults()
        self._date = _HttpDate(wall_clock)
        self.keeps_connections = True
        """False while shutting down: every answer is then the last on its connection."""

    def tell_ended_faults(self, now: float) -> None:
        """Log of the faults that come no more."""
        self._faults.tell_ended(now)

    def replies(self, group: Iterable[Connection]) -> Iterator[Reply]:
        """The replies to a group, one request a connection.

        Those that await the commit come last, after it, however it ended.
        """
        awaiting: list[Reply] = []
        for connection in group:
            reply, awaits_commit = self._handle(connection)
            if awaits_commit:
                awaiting.append(reply)
            else:
                yield reply
        if awaiting:
            yield from self._committed(awaiting)

    def _handle(self, connection: Connection) -> tuple[Reply, bool]:
        request = connection.request
        if request.refusal is not None:
            self._refused(request.refusal.status_code)
            return self._reply(connection, request.refusal), False
        environ = make_environ(request, client=connection.client, server=self._address)
        try:
            reply = self._reply(connection, call_application(self._application, environ))
        # Whatever an application raises, the other clients' requests go on.
        except Exception as error:  # noqa: BLE001
            return self._reply(connection, self._faults.answer_to(error, self._clock())), False
        return reply, environ.get(AWAITS_COMMIT) is True

    def _committed(self, awaiting: list[Reply]) -> Iterator[Reply]:
        try:
            self._commit()
        # Whatever a commit raises, nothing of its group is durable, and the clients must know.
        except Exception as error:  # noqa: BLE001
            known = self._commit_failed(error)
            failure = known or self._faults.answer_to(error, self._clock())
            awaiting = [self._reply(reply.connection, failure) for reply in awaiting]
        yield from awaiting

    def _reply(self, connection: Connection, answer: Answer) -> Reply:
        request = connection.request
        afterwards = self._afterwards(connection)
        keeps = afterwards is Afterwards.KEEP
        # RFC 9112, 9.3: HTTP/1.1 keeps a connection unless told, HTTP/1.0 closes it unless told.
        kept_as_told = "keep-alive" if request.version == "1.0" else None
        data = encode_answer(
            answer,
            to_head=request.method == "HEAD",
            connection=kept_as_told if keeps else "close",
            date=self._date.now(),
        )
        return Reply(connection, data, afterwards, answer.status_code)

    def _afterwards(self, connection: Connection) -> Afterwards:
        if connection.request.refusal is not None:
            return Afterwards.LINGER
        # A request that was sent ahead of the answer to this one is answered, closing or not.
        wanted = self.keeps_connections or connection.has_unparsed
        keeps = wanted and connection.request.keeps_connection
        return Afterwards.KEEP if keeps else Afterwards.CLOSE


class _HttpDate:
    """The Date header, made once a second."""

    def __init__(self, wall_clock: Callable[[], float]) -> None:
        self._wall_clock = wall_clock
        self._second = -1
        self._text = ""

    def now(self) -> str:
        second = int(self._wall_clock())
        if second != self._second:
            self._second, self._text = second, formatdate(second, usegmt=True)
        return self._text
