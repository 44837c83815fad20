"""What an application is given and what is taken from it (PEP 3333), and its faults."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING
from wsgiref.validate import validator

import pytest

from collector.http import Limits
from collector.http.conftest import FakeGroup, ManualClock, Serve, echo, get, post
from collector.http.dispatcher import FAULT_QUIET_SECONDS
from collector.http.request import Request, RequestLimits, make_environ
from collector.http.response import Response, call_application

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

REQUEST = b"PUT /a%2Fb?c=d HTTP/1.1\r\nHost: h\r\nContent-Type: x/y\r\nX-One: 1\r\nX-One: 2\r\n\r\n"


def environ_of(data: bytes) -> "WSGIEnvironment":
    """The environ of a request."""
    request = Request(RequestLimits(Limits()))
    while data:
        data = data[request.receive(data) :]
    return make_environ(request, client=("192.0.2.1", 5), server=("127.0.0.1", 8080))


def test_an_environ_holds_the_request() -> None:
    """Every part of a request is where PEP 3333 says."""
    environ = environ_of(REQUEST)
    expected = {
        "REQUEST_METHOD": "PUT",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/a/b",
        "QUERY_STRING": "c=d",
        "REQUEST_URI": "/a%2Fb?c=d",
        "REMOTE_ADDR": "192.0.2.1",
        "REMOTE_PORT": "5",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8080",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_TYPE": "x/y",
        "HTTP_HOST": "h",
        "HTTP_X_ONE": "1, 2",
        "wsgi.url_scheme": "http",
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.errors": sys.stderr,
    }
    assert {name: environ[name] for name in expected} == expected
    assert environ["wsgi.input"].read() == b""


def test_a_client_cannot_set_what_is_the_servers() -> None:
    """A header Remote-Addr is not taken for the client's address."""
    environ = environ_of(REQUEST.replace(b"X-One: 1", b"Remote-Addr: 198.51.100.9"))
    assert environ["REMOTE_ADDR"] == "192.0.2.1"


@pytest.mark.parametrize("request_bytes", [get("/x?y=z", "Content-Type: a/b"), post(b"hello")])
def test_an_application_is_called_as_pep_3333_says(serve: Serve, request_bytes: bytes) -> None:
    """The standard library's validator finds no fault with what an application is given."""

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        body = environ["wsgi.input"].read(10)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [body]

    client = serve(validator(application)).client()
    client.send(request_bytes)
    assert client.response().status == 200


def test_the_body_is_taken_whole_and_closed() -> None:
    """A body that comes in pieces is joined, and its iterator is closed."""
    closed: list[bool] = []

    def application(_: "WSGIEnvironment", start_response: "StartResponse") -> Iterator[bytes]:
        write = start_response("200 OK", [("X", "1")])
        write(b"a")
        try:
            yield b"b"
            yield b"c"
        finally:
            closed.append(True)

    assert call_application(application, {}) == Response("200 OK", [("X", "1")], b"abc")
    assert closed == [True]


def test_a_body_that_fails_is_closed_and_raises() -> None:
    """An iterator that raises is closed, and what it raised comes through."""

    class Body:
        closed = False

        def __iter__(self) -> Iterator[bytes]:
            raise LookupError

        def close(self) -> None:
            self.closed = True

    body = Body()

    def application(_: "WSGIEnvironment", start_response: "StartResponse") -> Body:
        start_response("200 OK", [])
        return body

    with pytest.raises(LookupError):
        call_application(application, {})
    assert body.closed


def test_a_second_start_replaces_the_first_only_after_an_error() -> None:
    """`start_response` may be called again with an exception and not without."""

    def twice(_: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        start_response("200 OK", [])
        start_response("201 Created", [])
        return []

    def recovers(_: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        start_response("200 OK", [])
        try:
            next(iter([]))
        except StopIteration:
            start_response("500 Oops", [], sys.exc_info())
        return []

    with pytest.raises(RuntimeError, match="twice"):
        call_application(twice, {})
    assert call_application(recovers, {}).status == "500 Oops"


def test_an_application_that_answers_nothing_raises() -> None:
    """Returning without `start_response` is an error of the application."""
    with pytest.raises(RuntimeError, match="was not called"):
        call_application(lambda *_: [], {})


def test_a_header_that_cannot_be_sent_is_answered_500(serve: Serve) -> None:
    """An application cannot split a response in two."""

    def splits(environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        if environ["PATH_INFO"] == "/fine":
            return echo(environ, start_response)
        start_response("200 OK", [("X", "1\r\n\r\nHTTP/1.1 200 OK")])
        return []

    client = serve(splits).client()
    client.send(get())
    assert client.response().status == 500
    client.send(get("/fine"))
    assert client.response().status == 200


# Not in a line that raises, because the log shows those.
SECRET = "secret-payload"


def broken(environ: "WSGIEnvironment", _: "StartResponse") -> list[bytes]:
    if environ["PATH_INFO"] == "/other":
        raise KeyError(SECRET)
    raise ValueError(SECRET)


def test_a_fault_is_told_once_and_then_how_often_it_came(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    """However many requests are answered 500, a fault is one line until it is over."""
    clock = ManualClock()
    client = serve(broken, clock=clock).client()
    for target in ("/", "/other", *("/",) * 40):
        client.send(get(target))
        assert client.response().status == 500
    clock.now += FAULT_QUIET_SECONDS
    client.send(get("/other"))
    assert client.response().status == 500
    logged = [record.getMessage().partition("\n")[0] for record in caplog.records]
    assert [_without_line(each) for each in logged] == [
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

    group = FakeGroup(fails)

    def joins(_: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        group.join()
        start_response("204 No Content", [])
        return []

    client = serve(joins, group).client()
    client.send(post(b"hello"))
    assert client.response().status == 500
    assert "ZeroDivisionError in fails" in caplog.text
    assert SECRET not in caplog.text


def _without_line(text: str) -> str:
    before, _, after = text.partition(", line ")
    return before + after.lstrip("0123456789")
