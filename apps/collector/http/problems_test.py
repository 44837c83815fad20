"""Behaviour of `collector.http.problems`."""

import json
from http import HTTPStatus

import pytest
from waitress import utilities

from collector.errors import (
    RateExceeded,
    Refusal,
    SpoolFull,
    SpoolUnavailable,
    UnsupportedContentEncoding,
)
from collector.http import connections, request
from collector.http.problems import REASONS, STATUS_OF, STATUSES, problem_of, reason_of
from collector.http.response import Response
from report import InvalidReport, ReportTooLarge


def test_an_invalid_report_is_answered_with_path_and_rule() -> None:
    """The document of a 400 names the JSON path and the rule."""
    response = problem_of(InvalidReport("$.nodes[3].id", "is required"))
    assert json.loads(response.body) == {
        "title": "Bad Request",
        "status": 400,
        "detail": "$.nodes[3].id: is required",
        "path": "$.nodes[3].id",
        "rule": "is required",
    }


def test_the_nearest_class_decides() -> None:
    """A report that is too large is 413, although it is an invalid report too."""
    response = problem_of(ReportTooLarge("$", "is too large"))
    assert response.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE


def test_an_unknown_error_has_no_response() -> None:
    """What was not meant for clients does not reach them: it is a fault."""
    with pytest.raises(KeyError, match="RuntimeError"):
        problem_of(RuntimeError("secret"))


@pytest.mark.parametrize("refusal", Refusal.__subclasses__())
def test_every_refusal_has_a_status(refusal: type[Exception]) -> None:
    """No reason to refuse a post is missing from the table."""
    assert refusal in STATUS_OF


def test_a_client_that_posts_too_often_is_told_its_own_wait() -> None:
    """A 429 says after how many seconds there is a token again."""
    response = problem_of(RateExceeded(17))
    assert response.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert ("Retry-After", "17") in response.headers


def test_headers_say_what_a_client_can_do() -> None:
    """A 503 says when to come again, a refused encoding which one is taken."""
    assert ("Retry-After", "30") in problem_of(SpoolUnavailable()).headers
    assert ("Accept-Encoding", "gzip") in problem_of(UnsupportedContentEncoding()).headers


def test_every_error_has_a_reason_of_its_own() -> None:
    """What a post is refused for is counted under a name that is declared, and nobody else's."""
    assert len(set(REASONS)) == len(REASONS)
    assert reason_of(ReportTooLarge("$", "is too large")) == "report_too_large"
    assert reason_of(SpoolFull()) == "spool_full"


def test_whatever_the_server_refuses_is_in_the_table() -> None:
    """Each status of an answer that is the server's own, or its parser's, is known as such."""
    own = [*vars(request).values(), *vars(connections).values()]
    statuses = {each.status_code for each in own if isinstance(each, Response)}
    kinds = [each for each in vars(utilities).values() if isinstance(each, type)]
    errors = {each for each in kinds if issubclass(each, utilities.Error)}
    # The base, and what waitress's own tasks answer when an application fails, no parser raises.
    errors -= {utilities.Error, utilities.InternalServerError}
    statuses |= {each.code for each in errors}
    assert statuses == {status for status, row in STATUSES.items() if row.is_of_server}
