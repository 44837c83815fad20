"""Behaviour of `collector.http.faults`."""

from typing import TYPE_CHECKING

import pytest

from collector.http.conftest import ManualClock, Serve, get, post
from collector.http.faults import QUIET_SECONDS, Faults
from collector.http.gateway import AWAITS_COMMIT

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

# Not in a line that raises, because the log shows those.
SECRET = "secret-payload"


def broken(environ: "WSGIEnvironment", _: "StartResponse") -> list[bytes]:
    if environ["PATH_INFO"] == "/other":
        raise KeyError(SECRET)
    raise ValueError(SECRET)


def commits(environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
    environ[AWAITS_COMMIT] = True
    start_response("204 No Content", [])
    return []


def test_a_fault_is_told_once_and_then_how_often_it_came(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    """However many requests are answered 500, a fault is one line until it is over."""
    clock = ManualClock()
    client = serve(broken, clock=clock).client()
    for target in ("/", "/other", *("/",) * 40):
        client.send(get(target))
        assert client.answer().status == 500
    clock.now += QUIET_SECONDS
    client.send(get("/other"))
    assert client.answer().status == 500
    told = [record.getMessage().partition("\n")[0] for record in caplog.records]
    assert [_without_line(each) for each in told] == [
        "the application raised ValueError in broken, answered 500",
        "the application raised KeyError in broken, answered 500",
        "the application raised ValueError in broken 41 times, and now no more",
        "the application raised KeyError in broken, answered 500",
    ]
    assert SECRET not in caplog.text


def test_a_commit_that_fails_in_an_unknown_way_is_a_fault(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    """Where nobody knows the error, the clients of the group get 500, and its place is logged."""

    def fails() -> None:
        raise ZeroDivisionError(SECRET)

    client = serve(commits, commit=fails, commit_failed=lambda _: None).client()
    client.send(post(b"hello"))
    assert client.answer().status == 500
    assert "ZeroDivisionError in fails" in caplog.text
    assert SECRET not in caplog.text


def test_an_error_that_was_never_raised_has_no_place(caplog: pytest.LogCaptureFixture) -> None:
    """It is told by its type."""
    Faults().answer_to(ValueError(SECRET), now=0.0)
    assert "the application raised ValueError, answered 500" in caplog.text


def _without_line(text: str) -> str:
    before, _, after = text.partition(", line ")
    return before + after.lstrip("0123456789")
