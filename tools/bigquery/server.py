"""The fake on a socket of loopback."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from threading import Lock
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from tools.bigquery.faults import (
    EveryRow,
    Fault,
    FaultScript,
    Garbage,
    HTTPError,
    ProxyError,
    Reset,
    Silence,
    no_faults,
)
from tools.bigquery.messages import JSONObject, Request, Response, error
from tools.bigquery.service import Behaviour, Service, count_rows, refuse_rows
from tools.bigquery.tables import Table
from tools.fake_server import FakeHandler, FakeServer, serving

_HOST: Final = "127.0.0.1"
_TABLES: Final = re.compile(
    r"/bigquery/v2/projects/([^/]+)/datasets/([^/]+)/tables(?:/([^/]+))?(/insertAll|/data)?"
)
_QUERIES: Final = re.compile(r"/bigquery/v2/projects/[^/]+/queries")
_METHODS: Final = {
    ("POST", False, None): "tables.insert",
    ("GET", True, None): "tables.get",
    ("PATCH", True, None): "tables.patch",
    ("DELETE", True, None): "tables.delete",
    ("GET", True, "/data"): "tabledata.list",
    ("POST", True, "/insertAll"): "insertAll",
}


class FakeBigQuery:
    """A running fake, as tests see it."""

    def __init__(self, behaviour: Behaviour, script: FaultScript) -> None:
        self.script = script
        self.requests: Final[list[Request]] = []
        self.service: Final = Service(behaviour)
        self.url = ""
        self._lock: Final = Lock()

    def table(self, table_id: str) -> Table:
        """Return the table `project.dataset.table`."""
        return self.service.tables[table_id]

    def count(self, method: str) -> int:
        """Return how many requests of a method arrived."""
        return sum(request.method == method for request in self.requests)

    def exchange(self, request: Request) -> tuple[Response, Fault | None]:
        """Return the answer to a request, and the fault that keeps it from being sent, if any."""
        with self._lock:
            self.requests.append(replace(request, body=b""))
            fault = self.script(request)
            match fault:
                case HTTPError(status=status, reason=reason, message=message):
                    wish = fault.retry_after_seconds
                    return error(status, reason, message, retry_after_seconds=wish), None
                case ProxyError(status=status):
                    return Response(status=status, body=b"<html>sorry</html>"), None
                case Garbage():
                    return Response(status=200, body=b'{"kind": "bigquery#t'), None
                case EveryRow():
                    return _refuse_every_row(request, fault), None
                case Reset(applied=False) | Silence(applied=False):
                    return Response(status=200, body=b""), fault
                case _:
                    return self.service.handle(request), fault


class _Handler(FakeHandler):
    def __init__(
        self,
        fake: FakeBigQuery,
        connection: socket.socket,
        client_address: tuple[str, int],
        server: FakeServer,
    ) -> None:
        self._fake = fake
        super().__init__(connection, client_address, server)

    def do_GET(self) -> None:
        """Answer a read."""
        self._serve()

    def do_POST(self) -> None:
        """Answer an insert or a creation."""
        self._serve()

    def do_PATCH(self) -> None:
        """Answer a change."""
        self._serve()

    def do_DELETE(self) -> None:
        """Answer a deletion."""
        self._serve()

    def _serve(self) -> None:
        response, fault = self._fake.exchange(self._read())
        match fault:
            case Silence():
                self.stay_silent()
            case Reset():
                self.reset()
            case _:
                self._send(response)

    def _read(self) -> Request:
        target = urlsplit(self.path)
        body = self.read_body()
        method, table = _method(self.command, target.path)
        return Request(
            method=method,
            table=table,
            query=dict(parse_qsl(target.query)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
            size=len(body),
        )

    def _send(self, response: Response) -> None:
        self.send_head(response.status, response.headers, length=len(response.body))
        self.wfile.write(response.body)


@contextmanager
def running_bigquery(
    *, behaviour: Behaviour | None = None, script: FaultScript = no_faults
) -> Iterator[FakeBigQuery]:
    """Serve an empty BigQuery on a free port of loopback until the block ends.

    It has one dataset, `project.dataset`.
    """
    fake = FakeBigQuery(behaviour or Behaviour(), script)
    fake.service.datasets.add("project.dataset")
    server = FakeServer(_HOST, 0, partial(_Handler, fake))
    fake.url = f"http://{_HOST}:{server.server_address[1]}"
    with serving(server):
        yield fake


def _refuse_every_row(request: Request, fault: EveryRow) -> Response:
    entry: JSONObject = {"reason": fault.reason, "message": fault.message, "location": ""}
    count = count_rows(request)
    return refuse_rows(count, {index: [entry] for index in range(count)})


def _method(command: str, path: str) -> tuple[str, str]:
    """Return Google's name for what is asked, and the table that it is about."""
    if command == "POST" and _QUERIES.fullmatch(path):
        return "jobs.query", ""
    match = _TABLES.fullmatch(path)
    if match is None:
        return "unknown", ""
    project, dataset, table, action = match.groups()
    method = _METHODS.get((command, table is not None, action), "unknown")
    return method, f"{project}.{dataset}.{table or ''}"
