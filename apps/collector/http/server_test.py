"""What a client sees of the server."""

import logging
import socket
from typing import TYPE_CHECKING

import pytest

from collector.http.conftest import FakeGroup, Serve, get, post

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment


def test_a_request_is_answered(serve: Serve) -> None:
    """Method, path and body reach the application and its response reaches the client."""
    client = serve().client()
    client.send(post(b"hello", target="/a%20b"))
    seen = client.response()
    assert (seen.status, seen.body) == (200, b"POST /a b hello")


def test_the_date_is_the_wall_clocks(serve: Serve) -> None:
    """Date is the time of the response, as RFC 9110 writes it."""
    client = serve(wall_clock=lambda: 784_111_777.9).client()
    client.send(get())
    assert client.response().headers["date"] == "Sun, 06 Nov 1994 08:49:37 GMT"


def test_a_body_in_chunks_is_taken(serve: Serve) -> None:
    """A chunked body reaches the application whole."""
    client = serve().client()
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
    client.send(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    assert client.response().body == b"POST / abcde"


def test_blank_lines_before_a_request_are_skipped(serve: Serve) -> None:
    """However many line breaks come first, the request is answered (RFC 9112, 2.2)."""
    client = serve().client()
    for blank in (b"\r\n", b"\r\n\r\n", b"\r\n\r\n\r\n"):
        client.send(blank + get())
        assert client.response().status == 200


def test_http_1_0_is_closed_after_its_answer(serve: Serve) -> None:
    """An HTTP/1.0 client reads its response to the end of the connection."""
    client = serve().client()
    client.send(get(version="1.0"))
    seen = client.response()
    assert (seen.status, seen.headers["connection"]) == (200, "close")
    assert client.is_closed()


def test_http_1_0_may_keep_the_connection(serve: Serve) -> None:
    """An HTTP/1.0 client that asks for it sends its next request on the same connection."""
    client = serve().client()
    for _ in range(2):
        client.send(get("/", "Connection: keep-alive", version="1.0"))
        assert client.response().headers["connection"] == "keep-alive"


def test_a_client_may_ask_to_close(serve: Serve) -> None:
    """`Connection: close` is granted and said."""
    client = serve().client()
    client.send(post(b"", close=True))
    assert client.response().headers["connection"] == "close"
    assert client.is_closed()


def test_head_is_answered_with_the_length_alone(serve: Serve) -> None:
    """HEAD gives the length that GET would send, no body, and keeps the connection."""
    client = serve().client()
    client.send(get("/", method="HEAD") + get())
    assert client.response(to_head=True).headers["content-length"] == "7"
    assert client.response().body == b"GET / "


def test_a_client_is_told_to_continue(serve: Serve) -> None:
    """`Expect: 100-continue` is answered with 100 before the body is sent."""
    client = serve().client()
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
    assert client.response().status == 100
    client.send(b"hi")
    assert client.response().body == b"POST / hi"


def test_an_application_that_raises_is_answered_500(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the client nor the log gets the message, which may quote the payload."""
    group = FakeGroup()

    def broken(environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        group.join()
        start_response("204 No Content", [])
        raise KeyError(environ["wsgi.input"].read().decode())

    client = serve(broken, group).client()
    client.send(post(b"secret-payload"))
    seen = client.response()
    assert (seen.status, seen.headers["content-type"]) == (500, "text/plain; charset=utf-8")
    assert b"secret" not in seen.body
    assert b"Traceback" not in seen.body
    assert "KeyError" in caplog.text
    assert "in broken" in caplog.text
    assert "secret-payload" not in caplog.text
    client.send(post(b"again"))
    assert client.response().status == 500


def test_a_client_that_vanishes_hurts_nobody(serve: Serve) -> None:
    """Clients that disconnect in the middle of a request or a response leave the others alone."""

    def long(_: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        start_response("200 OK", [])
        return [b"x" * 20_000_000]

    running = serve(long)
    for request in (get(), b"GET / HT", post(b"x" * 100)[:-50]):
        client = running.client()
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.send(request)
        client.close()
    client = running.client()
    client.send(get())
    assert len(client.response().body) == 20_000_000


def test_a_response_beyond_the_socket_is_sent_as_the_client_reads(serve: Serve) -> None:
    """A long response holds up nobody else, and what was sent ahead is answered after it."""

    def long(environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        start_response("200 OK", [])
        return [b"x" * (20_000_000 if environ["PATH_INFO"] == "/long" else 1)]

    running = serve(long)
    slow, other = running.client(), running.client()
    slow.send(get("/long") + get("/short"))
    other.send(get("/short"))
    assert other.response().body == b"x"
    assert len(slow.response().body) == 20_000_000
    assert slow.response().body == b"x"
    slow.send(get("/short"))
    assert slow.response().body == b"x"


def test_a_client_that_sends_no_more_is_still_answered(serve: Serve) -> None:
    """A client may close its half of the connection once its request is sent."""
    client = serve().client()
    client.send(post(b"hi"))
    client.socket.shutdown(socket.SHUT_WR)
    assert client.response().body == b"POST / hi"


def test_the_log_holds_no_address(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """Serving, refusing and failing write no client address."""
    caplog.set_level(logging.DEBUG)
    running = serve(lambda *_: [])  # never calls start_response: a broken application
    for request in (get(), b"nonsense\r\n\r\n"):
        client = running.client()
        client.send(request)
        assert client.response().status in {400, 500}
    assert "RuntimeError" in caplog.text
    assert "127.0.0.1" not in caplog.text


def test_the_address_is_the_one_that_was_bound(serve: Serve) -> None:
    """With port 0 the address has the port that the system chose."""
    host, port = serve().server.address
    assert host == "127.0.0.1"
    assert port > 0
