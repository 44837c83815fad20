"""The HTTP interface of the collector as a WSGI application. Only wiring and headers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Protocol

import falcon
import msgspec

from collector.errors import Refusal, SpoolUnavailable
from collector.http.admission import Admission, admit_all
from collector.http.client_address import Forwarding
from collector.http.gateway import AWAITS_COMMIT
from collector.http.intake import MAX_BODY_BYTES, Post, accept
from collector.http.openapi import openapi_document
from collector.http.problems import PROBLEM_CONTENT_TYPE, Problem, problem_of
from collector.records import AcceptedReport
from collector.spool.writer import Added
from collector.telemetry.metrics import Metrics
from report import InvalidReport

WELCOME: Final = (
    "This is a Spartakus collector: it receives anonymous reports of a voluntary census of"
    " Kubernetes clusters.\nWhat a report holds, and what never leaves a cluster, is written in"
    " docs/privacy.md of its source.\n"
)


class Keeper(Protocol):
    """What takes accepted reports; see `collector.spool.writer.Spool.add`."""

    def add(self, accepted: AcceptedReport) -> Added:
        """Add a report to the group that is committed next."""


@dataclass(frozen=True)
class Reports:
    """`POST /api/v1`: one report."""

    keeper: Keeper
    admit: Admission
    metrics: Metrics
    clock: Callable[[], float]
    random_bytes: Callable[[int], bytes]

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        """Accept a report. The 204 is true, and sent, once the group is committed."""
        self.admit(request.remote_addr, _forwarding(request))
        accepted = accept(_post(request), now=self.clock(), random_bytes=self.random_bytes)
        request.env[AWAITS_COMMIT] = True
        if self.keeper.add(accepted) is Added.REPEATED:
            self.metrics.repeated()
        response.status = falcon.HTTP_204


@dataclass(frozen=True)
class Text:
    """A resource that always answers the same text."""

    text: str

    def on_get(self, _: falcon.Request, response: falcon.Response) -> None:
        """Answer the text."""
        response.content_type = falcon.MEDIA_TEXT
        response.text = self.text

    on_head = on_get


@dataclass(frozen=True)
class Document:
    """A resource that always answers the same JSON."""

    encoded: bytes

    def on_get(self, _: falcon.Request, response: falcon.Response) -> None:
        """Answer the document."""
        response.data = self.encoded

    on_head = on_get


@dataclass(frozen=True)
class Ready:
    """`/readyz`: whether reports can be accepted, and if not, why."""

    reasons: Callable[[], tuple[str, ...]]
    notices: Callable[[], tuple[str, ...]]

    def on_get(self, _: falcon.Request, response: falcon.Response) -> None:
        """Answer 200, or 503 with reasons; what else is wrong is among them in either case."""
        reasons = self.reasons()
        response.status = falcon.HTTP_503 if reasons else falcon.HTTP_200
        response.data = msgspec.json.encode(
            {"ready": not reasons, "reasons": (*reasons, *self.notices())}
        )

    on_head = on_get


@dataclass(frozen=True)
class Refusals:
    """What is answered to a post that is refused."""

    metrics: Metrics

    def answer(
        self,
        _: falcon.Request,
        response: falcon.Response,
        error: Exception,
        _arguments: Mapping[str, object],
    ) -> None:
        """Count the refusal and say why."""
        self.metrics.refused(error)
        _send(response, problem_of(error))


def create_application(
    *,
    keeper: Keeper,
    reasons: Callable[[], tuple[str, ...]],
    clock: Callable[[], float],
    random_bytes: Callable[[int], bytes],
    version: str,
    metrics: Metrics,
    admit: Admission = admit_all,
    notices: Callable[[], tuple[str, ...]] = tuple,
) -> falcon.App[falcon.Request, falcon.Response]:
    """Return the application. `clock` gives UNIX seconds, `reasons` why no report can be accepted,
    `notices` what is wrong besides.
    """
    application = falcon.App()
    # The original answers `/api/v1/` too, by a redirect.
    application.req_options.strip_url_path_trailing_slash = True
    application.set_error_serializer(_describe)
    application.add_error_handler(Exception, _leave_to_the_server)
    for refusal in (InvalidReport, Refusal, SpoolUnavailable):
        application.add_error_handler(refusal, Refusals(metrics).answer)
    application.add_route("/", Text(WELCOME))
    application.add_route("/api/v1", Reports(keeper, admit, metrics, clock, random_bytes))
    application.add_route("/healthz", Text("ok\n"))
    application.add_route("/readyz", Ready(reasons, notices))
    application.add_route("/openapi.json", Document(openapi_document(version)))
    application.add_route("/version", Text(f"{version}\n"))
    return application


def _forwarding(request: falcon.Request) -> Forwarding:
    return Forwarding(request.env.get("HTTP_X_FORWARDED_FOR"), request.env.get("HTTP_FORWARDED"))


def _post(request: falcon.Request) -> Post:
    environ = request.env
    return Post(
        content_type=environ.get("CONTENT_TYPE"),
        content_encoding=environ.get("HTTP_CONTENT_ENCODING"),
        idempotency_key=environ.get("HTTP_IDEMPOTENCY_KEY"),
        # The server's stream ends with the body. One byte more than allowed is enough to know that
        # there is too much.
        body=request.stream.read(MAX_BODY_BYTES + 1),
    )


def _leave_to_the_server(
    _: falcon.Request, __: falcon.Response, error: Exception, _arguments: Mapping[str, object]
) -> None:
    # It logs where this happened and never what the exception says, which may quote the payload.
    raise error


def _describe(_: falcon.Request, response: falcon.Response, error: falcon.HTTPError) -> None:
    """Give the framework's own refusals (no such path, wrong method) the same form."""
    status = HTTPStatus(error.status_code)
    _send(response, Problem(status, error.description or status.phrase))


def _send(response: falcon.Response, problem: Problem) -> None:
    response.status = f"{problem.status.value} {problem.status.phrase}"
    response.content_type = PROBLEM_CONTENT_TYPE
    response.data = problem.document
    for name, value in problem.headers.items():
        response.set_header(name, value)
