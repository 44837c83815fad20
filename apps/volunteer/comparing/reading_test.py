"""What is a release, and what is none."""

from datetime import date

import pytest

from census import Period, count, encode, exact_release_of
from report import Report
from volunteer.comparing.reading import read_release
from volunteer.delivery.rules import NoReply, Reply
from volunteer.errors import CensusUnavailable, NoCensus, VolunteerError

_URL = "http://census.example/api/v1/statistics"
_RELEASE = exact_release_of(
    count([Report(version="v", cluster_id="c", nodes=())]),
    Period(date(2026, 11, 1), date(2026, 11, 30)),
)
_FOUND = Reply(200, encode(_RELEASE))


class _Script:
    """Answers each request with the next reply."""

    def __init__(self, *replies: Reply | NoReply) -> None:
        self.asked: list[str] = []
        self._replies = list(replies)

    def get(self, url: str) -> Reply | NoReply:
        self.asked.append(url)
        return self._replies.pop(0)


def _error(*replies: Reply | NoReply) -> tuple[type[VolunteerError], str]:
    with pytest.raises(VolunteerError) as caught:
        read_release(_Script(*replies).get, _URL)
    return type(caught.value), str(caught.value).removeprefix(f"no release from {_URL}: ")


def test_release() -> None:
    """A release is read, also where the same host redirects to, or http to https of it."""
    assert read_release(_Script(_FOUND).get, _URL) == _RELEASE
    script = _Script(
        Reply(301, location="/other"), Reply(308, location="https://census.example/x"), _FOUND
    )
    assert read_release(script.get, _URL) == _RELEASE
    assert script.asked == [_URL, "http://census.example/other", "https://census.example/x"]


@pytest.mark.parametrize(
    "location",
    [
        "http://evil.example/",
        "//evil.example/",
        "http://census.example:81/",
        "ftp://x/",
        "",
        "http://[",
    ],
)
def test_redirect_elsewhere(location: str) -> None:
    """A redirect to a place that the user did not name is not followed."""
    words = "it redirects elsewhere (302): name the right URL yourself"
    assert _error(Reply(302, location=location)) == (NoCensus, words)


def test_redirects_for_ever() -> None:
    """Redirects end."""
    words = "it redirects more than 5 times"
    assert _error(*[Reply(302, location="/x")] * 6) == (NoCensus, words)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (
            Reply(404, b'{"title": "Not found", "detail": "nothing is published here"}'),
            "it answered 404: Not found: nothing is published here",
        ),
        (Reply(401), "it answered 401"),
        (Reply(303, location="/x"), "it answered 303"),
        (Reply(404, b" <!doctype html><h1>Not here</h1>"), "it answered 404"),
        (Reply(200, b"<html>"), "it is a web page, not the JSON of a release"),
        (Reply(204), "it is not the JSON of a release"),
        (
            Reply(200, b'{"format": 7}'),
            (
                "it is written in format 7, and this program knows format 1: a newer version of it"
                " is needed"
            ),
        ),
    ],
)
def test_no_census(reply: Reply, words: str) -> None:
    """What will not be a release another time is refused."""
    assert _error(reply) == (NoCensus, words)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (NoReply("connection refused"), "connection refused"),
        (
            NoReply("its certificate is not accepted", lasting=True),
            "its certificate is not accepted",
        ),
        (Reply(500), "it answered 500"),
        (Reply(429, retry_after=3.0), "it answered 429"),
    ],
)
def test_unavailable(reply: Reply | NoReply, words: str) -> None:
    """What may answer another time is asked for once, and said to be unavailable."""
    assert _error(reply) == (CensusUnavailable, words)


def test_control_characters() -> None:
    """What a server says for itself is one printable line."""
    _, words = _error(Reply(404, b'{"title": "\\u001b[2J\\r\\n\\u202ex"}'))
    assert words.isprintable()
