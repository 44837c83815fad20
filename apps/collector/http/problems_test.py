"""Behaviour of `collector.http.problems`."""

import json
from http import HTTPStatus

import pytest

from collector.errors import RateExceeded, Refusal, SpoolUnavailable, UnsupportedContentEncoding
from collector.http.problems import STATUS_OF, problem_of
from report import InvalidReport, ReportTooLarge


def test_an_invalid_report_is_answered_with_path_and_rule() -> None:
    """The document of a 400 names the JSON path and the rule."""
    problem = problem_of(InvalidReport("$.nodes[3].id", "is required"))
    assert json.loads(problem.document) == {
        "title": "Bad Request",
        "status": 400,
        "detail": "$.nodes[3].id: is required",
        "path": "$.nodes[3].id",
        "rule": "is required",
    }


def test_the_nearest_class_decides() -> None:
    """A report that is too large is 413, although it is an invalid report too."""
    problem = problem_of(ReportTooLarge("$", "is too large"))
    assert problem.status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE


def test_an_unknown_error_tells_nothing() -> None:
    """What was not meant for clients does not reach them."""
    problem = problem_of(RuntimeError("secret"))
    assert problem.status is HTTPStatus.INTERNAL_SERVER_ERROR
    assert b"secret" not in problem.document


@pytest.mark.parametrize("refusal", Refusal.__subclasses__())
def test_every_refusal_has_a_status(refusal: type[Exception]) -> None:
    """No reason to refuse a post is missing from the table."""
    assert refusal in STATUS_OF


def test_a_client_that_posts_too_often_is_told_its_own_wait() -> None:
    """A 429 says after how many seconds there is a token again."""
    problem = problem_of(RateExceeded(17))
    assert problem.status is HTTPStatus.TOO_MANY_REQUESTS
    assert problem.headers == {"Retry-After": "17"}


def test_headers_say_what_a_client_can_do() -> None:
    """A 503 says when to come again, a refused encoding which one is taken."""
    assert "Retry-After" in problem_of(SpoolUnavailable()).headers
    assert problem_of(UnsupportedContentEncoding()).headers == {"Accept-Encoding": "gzip"}
