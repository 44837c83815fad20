"""The fake on a socket of loopback."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from threading import Lock
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from tools.bigquery.faults import (
    Fault,
    FaultScript,
    Garbage,
    HTTPError,
    JobError,
    ProxyError,
    Reset,
    Silence,
    no_faults,
)
from tools.bigquery.messages import Request, Response, error
from tools.bigquery.routes import identify
from tools.bigquery.service import Behaviour, Service
from tools.bigquery.tables import Table
from tools.bigquery.uploads import ResumableUploads, split_multipart
from tools.fake_server import EveryMethodHandler, FakeServer, serving

_HOST: Final = "127.0.0.1"


class FakeBigQuery:
    """A running fake, as tests see it."""

    def __init__(self, behaviour: Behaviour, script: FaultScript) -> None:
        self.script = script
        self.requests: Final[list[Request]] = []
        self.service: Final = Service(behaviour)
        self.url = ""
        self._uploads: Final = ResumableUploads()
        self._lock: Final = Lock()

    def table(self, table_id: str) -> Table:
        """Return the table `project.dataset.table`."""
        return self.service.tables[table_id]

    def count(self, method: str) -> int:
        """Return how many requests of a method arrived."""
        return sum(request.method == method for request in self.requests)

    def respond(self, request: Request) -> tuple[Response, Fault | None]:
        """Return the answer to a request, and the fault that keeps it from being sent, if any."""
        with self._lock:
            try:
                received = self._receive(request)
            except ValueError as malformed:
                return error(400, "badRequest", f"Malformed upload: {malformed}"), None
            self.requests.append(replace(received, body=b"", metadata=b""))
            fault = self.script(received)
            if fault is None:
                return self._answer(received), None
            return self._answer_with(fault, received)

    def _answer_with(self, fault: Fault, request: Request) -> tuple[Response, Fault | None]:
        match fault:
            case HTTPError(status=status, reason=reason, message=message):
                seconds = fault.retry_after_seconds
                return error(status, reason, message, retry_after_seconds=seconds), None
            case ProxyError(status=status):
                return Response(status=status, body=b"<html>sorry</html>"), None
            case Garbage(body=body):
                return Response(status=200, body=body), None
            case JobError():
                return self.service.fail_job(request, fault), None
            case Reset(applied=applied) | Silence(applied=applied):
                if applied:
                    self._answer(request)
                return Response(status=200, body=b""), fault

    def _receive(self, request: Request) -> Request:
        """Take an upload apart; the last piece of a resumable one becomes `jobs.insert`."""
        if request.method == "jobs.insert":
            content_type = request.headers.get("content-type", "")
            metadata, body = split_multipart(request.body, content_type)
            return replace(request, metadata=metadata, body=body, size=len(body))
        if request.method != "upload.send":
            return request
        place = request.headers.get("content-range", "")
        if not self._uploads.receive(request.subject, request.body, place):
            return request
        metadata, body = self._uploads.finished(request.subject)
        return replace(request, method="jobs.insert", metadata=metadata, body=body, size=len(body))

    def _answer(self, request: Request) -> Response:
        if request.method == "upload.begin":
            upload_id = self._uploads.begin(request.body)
            path = f"/upload/bigquery/v2/projects/{request.project}/jobs"
            location = f"{self.url}{path}?uploadType=resumable&upload_id={upload_id}"
            return Response(status=200, body=b"", headers={"Location": location})
        if request.method == "upload.send":
            return self._uploads.so_far(request.subject)
        return self.service.handle(request)


class _Handler(EveryMethodHandler):
    def __init__(
        self,
        fake: FakeBigQuery,
        connection: socket.socket,
        client_address: tuple[str, int],
        server: FakeServer,
    ) -> None:
        self._fake = fake
        super().__init__(connection, client_address, server)

    def serve(self) -> None:
        """Answer one request."""
        response, fault = self._fake.respond(self._read())
        match fault:
            case Silence():
                self.stay_silent()
            case Reset():
                self.reset()
            case _:
                self._send(response)

    def _read(self) -> Request:
        target = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = dict(parse_qsl(target.query))
        return identify(self.command, target.path, query, headers, self.read_body())

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
