"""Behaviour of `collector.http.problems`."""

import json
from http import HTTPStatus

import pytest

from collector.errors import RateExceeded, Refusal, SpoolUnavailable, UnsupportedContentEncoding
from collector.http.problems import STATUS_OF, problem_of
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
