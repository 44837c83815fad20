"""The HTTP interface of the collector as a WSGI application. Only routes."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import falcon
import msgspec

from collector.errors import NothingPublished, Refusal, SpoolUnavailable
from collector.http.dispatcher import GroupCommit
from collector.http.intake import Reports
from collector.http.openapi import openapi_document
from collector.http.problems import problem, problem_of, reason_of
from collector.http.rate_limit import RateLimit
from collector.http.response import Response
from collector.http.statistics import Statistics
from collector.publishing import site
from collector.telemetry.metrics import Metrics
from report import InvalidReport

WELCOME: Final = (
    "This is a Spartakus collector: it receives anonymous reports of a voluntary census of"
    " Kubernetes clusters.\nWhat a report holds, and what never leaves a cluster, is written in"
    " docs/privacy.md of its source.\n"
)
_DETAILS: Final = {
    HTTPStatus.NOT_FOUND: "nothing is at this path; /openapi.json describes all that there is",
    HTTPStatus.METHOD_NOT_ALLOWED: "this path takes other methods; Allow names them",
}


@dataclass(frozen=True)
class Static:
    """A resource that always answers the same."""

    data: bytes
    content_type: str = falcon.MEDIA_TEXT

    def on_get(self, _: falcon.Request, response: falcon.Response) -> None:
        """Send it."""
        response.content_type = self.content_type
        response.data = self.data

    on_head = on_get


@dataclass(frozen=True)
class Ready:
    """`/readyz`: whether reports can be accepted, and if not, why."""

    reasons: Callable[[], tuple[str, ...]]
    notices: Callable[[], tuple[str, ...]]

    def on_get(self, _: falcon.Request, response: falcon.Response) -> None:
        """Answer 200, or 503 with reasons; notices are among them in either case."""
        reasons = self.reasons()
        response.status = falcon.HTTP_503 if reasons else falcon.HTTP_200
        response.data = msgspec.json.encode(
            {"ready": not reasons, "reasons": (*reasons, *self.notices())}
        )

    on_head = on_get


def create_application(
    group: GroupCommit,
    *,
    clock: Callable[[], float],
    random_bytes: Callable[[int], bytes],
    version: str,
    metrics: Metrics,
    rate_limit: RateLimit | None = None,
    notices: Callable[[], tuple[str, ...]] = tuple,
    statistics: Statistics,
) -> falcon.App[falcon.Request, falcon.Response]:
    """Return the application.

    `clock` gives UNIX seconds, `notices` what is wrong although reports are taken.
    """
    application = falcon.App()
    # The original answers `/api/v1/` too, by a redirect.
    application.req_options.strip_url_path_trailing_slash = True
    _handle_errors(application, metrics)
    is_publishing = statistics.release_schema is not None
    application.add_route(site.PAGE, statistics if is_publishing else Static(WELCOME.encode()))
    for path in (site.LATEST, f"{site.LATEST}/{{name}}", site.TABLE, site.STYLES, site.ICON):
        application.add_route(path, statistics)
    application.add_route("/api/v1", Reports(group, rate_limit, clock, random_bytes))
    application.add_route("/healthz", Static(b"ok\n"))
    application.add_route("/readyz", Ready(group.reasons, notices))
    description = openapi_document(version, statistics.release_schema)
    application.add_route("/openapi.json", Static(description, falcon.MEDIA_JSON))
    application.add_route("/version", Static(f"{version}\n".encode()))
    return application


def _handle_errors(
    application: falcon.App[falcon.Request, falcon.Response], metrics: Metrics
) -> None:
    def refuse(
        request: falcon.Request, response: falcon.Response, error: Exception, _arguments: object
    ) -> None:
        if request.method == "POST":
            metrics.refused(reason_of(error))
        _send(response, problem_of(error))

    application.set_error_serializer(_describe)
    application.add_error_handler(Exception, _leave_to_the_dispatcher)
    for refusal in (NothingPublished, InvalidReport, Refusal, SpoolUnavailable):
        application.add_error_handler(refusal, refuse)


def _leave_to_the_dispatcher(
    _: falcon.Request, __: falcon.Response, error: Exception, _arguments: object
) -> None:
    # It logs where this happened, and never what the error says, which may quote the payload.
    raise error


def _describe(_: falcon.Request, response: falcon.Response, error: falcon.HTTPError) -> None:
    """Give the framework's own errors (no such path, wrong method) the same form."""
    status = HTTPStatus(error.status_code)
    detail = error.description or _DETAILS.get(status, status.phrase)
    _send(response, problem(status, detail))


def _send(response: falcon.Response, sent: Response) -> None:
    response.status = sent.status
    response.data = sent.body
    for name, value in sent.headers:
        response.set_header(name, value)
