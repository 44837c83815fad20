"""What becomes of a report on its way: the rules, without a network."""

import json

import pytest

from volunteer.delivery.rules import (
    Delivered,
    NoReply,
    Outcome,
    Refused,
    Reply,
    Unavailable,
    deliver,
    problem_in_words,
    redirect_target,
)
from volunteer.testing import AlwaysLongest, JumpingClock

_URL = "http://census.example/api/v1"


class _Script:
    """A transport that answers by a list, and then with 204."""

    def __init__(self, *replies: Reply | NoReply) -> None:
        self._replies = list(replies)
        self.posted_to: list[str] = []

    def post(self, url: str) -> Reply | NoReply:
        self.posted_to.append(url)
        return self._replies.pop(0) if self._replies else Reply(204)


def _deliver(script: _Script, clock: JumpingClock, *, seconds: float = 3_600.0) -> Outcome:
    return deliver(
        script.post,
        _URL,
        clock=clock.clock,
        random=AlwaysLongest(),
        deadline=clock.time + seconds,
        announce=lambda _why, _seconds: None,
    )


def test_success() -> None:
    """A 204 is delivered, at the first attempt."""
    script = _Script(Reply(204))
    assert _deliver(script, JumpingClock()) == Delivered()
    assert len(script.posted_to) == 1


@pytest.mark.parametrize("status", [200, 201, 202, 205, 299])
def test_an_answer_of_no_collector(status: int) -> None:
    """Another 2xx says nothing of a report: it is no delivery, and is not repeated."""
    script = _Script(Reply(status, b"<html>"))
    refused = Refused(f"answered {status}, where a collector answers 204: check the URL")
    assert _deliver(script, JumpingClock()) == refused
    assert len(script.posted_to) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 415, 422, 451])
def test_refusal(status: int) -> None:
    """A 4xx other than 408 and 429 is refused and never repeated."""
    script = _Script(Reply(status))
    assert _deliver(script, JumpingClock()) == Refused(f"answered {status}")
    assert len(script.posted_to) == 1


@pytest.mark.parametrize("failure", [Reply(408), Reply(429), Reply(500), Reply(503), NoReply("x")])
def test_passing_trouble(failure: Reply | NoReply) -> None:
    """What may pass is tried again until it has passed."""
    clock = JumpingClock()
    assert _deliver(_Script(failure, failure), clock) == Delivered()
    assert clock.sleeps == [1.0, 2.0]


def test_lasting_trouble() -> None:
    """What does not pass in time is unavailable, with the last reason."""
    clock = JumpingClock()
    script = _Script(*[Reply(500)] * 3, *[Reply(503, b"full")] * 100)
    assert _deliver(script, clock, seconds=600.0) == Unavailable("answered 503: full")
    assert clock.sleeps == [1, 2, 4, 8, 16, 32, 64, 128, 256]


def test_longest_backoff() -> None:
    """Two attempts are at most five minutes apart."""
    clock = JumpingClock()
    _deliver(_Script(*[Reply(500)] * 100), clock, seconds=24 * 3_600.0)
    assert max(clock.sleeps) == 300.0


def test_retry_after() -> None:
    """Retry-After is obeyed."""
    clock = JumpingClock()
    assert _deliver(_Script(Reply(429, retry_after=90.0)), clock) == Delivered()
    assert clock.sleeps == [91.0]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect(status: int) -> None:
    """A redirect within the origin is followed with the same method and body."""
    script = _Script(Reply(status, location="/moved?x=1"))
    assert _deliver(script, JumpingClock()) == Delivered()
    assert script.posted_to == [_URL, "http://census.example/moved?x=1"]


def test_redirect_elsewhere() -> None:
    """A redirect to another host is refused, and nothing is sent there."""
    script = _Script(Reply(308, location="https://elsewhere.example/api/v1"))
    refused = Refused("redirects elsewhere (308): name the right URL yourself")
    assert _deliver(script, JumpingClock()) == refused
    assert script.posted_to == [_URL]


@pytest.mark.parametrize("status", [300, 303, 304])
def test_other_redirects(status: int) -> None:
    """A redirect that asks for a GET, or for nothing, is refused: it would deliver nothing."""
    script = _Script(Reply(status, location="/thanks"))
    assert _deliver(script, JumpingClock()) == Refused(f"answered {status}")


def test_redirect_loop() -> None:
    """Redirects end."""
    script = _Script(*[Reply(307, location="/again")] * 50)
    assert _deliver(script, JumpingClock()) == Refused("redirects more than 5 times")
    assert len(script.posted_to) == 6


@pytest.mark.parametrize(
    ("url", "location", "target"),
    [
        (_URL, "/api/v2", "http://census.example/api/v2"),
        (_URL, "http://census.example:80/x", "http://census.example:80/x"),
        (_URL, "https://census.example/api/v1", "https://census.example/api/v1"),
        (_URL, "https://CENSUS.example:8443/x", "https://CENSUS.example:8443/x"),
        (_URL, "http://census.example:8080/x", None),
        (_URL, "http://other.example/x", None),
        (_URL, "//other.example/x", None),
        (_URL, "https://census.example.other/x", None),
        (_URL, "https://user@census.example/x", None),
        (_URL, "ftp://census.example/x", None),
        (_URL, "http://census.example:port/x", None),
        (_URL, "http://[::1/x", None),
        (_URL, "", None),
        ("https://census.example/api/v1", "http://census.example/api/v1", None),
        ("https://census.example/api/v1", "https://census.example:444/x", None),
    ],
)
def test_redirect_targets(url: str, location: str, target: str | None) -> None:
    """A report goes on to the same origin, or from http to https of the same host."""
    assert redirect_target(url, location) == target


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", ""),
        (b"Error: no\n", ": Error: no"),
        (
            b'{"title": "Bad", "detail": "$.nodes: too many", "status": 400}',
            ": Bad: $.nodes: too many",
        ),
        (b'{"title": "Not Found", "detail": "Not Found"}', ": Not Found"),
        (b'{"title": [5], "detail": {}}', ""),
        (b"\n<!doctype html><h1>Not here</h1>", ""),
        (b"[1]", ": [1]"),
        (b"a\x1b[31m\r\nb\xff", ": a [31m b\ufffd"),
        (b"[" * 100_000, ": " + "[" * 500),
    ],
)
def test_problem_in_words(body: bytes, words: str) -> None:
    """A refusal's own words come on one short line without control characters."""
    assert problem_in_words(body) == words


def test_problem_document() -> None:
    """The collector's problem document is part of the refusal."""
    document = json.dumps({"title": "Invalid report", "detail": "$.clusterID: too long"}).encode()
    assert _deliver(_Script(Reply(400, document)), JumpingClock()) == Refused(
        "answered 400: Invalid report: $.clusterID: too long"
    )
