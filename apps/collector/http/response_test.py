"""How a response becomes bytes."""

import pytest

from collector.http.response import (
    SHORT_BODY_BYTES,
    InvalidResponse,
    Response,
    encode,
    plain_text,
)

DATE = "Sun, 06 Nov 1994 08:49:37 GMT"


def encoded(response: Response, *, to_head: bool = False, connection: str | None = None) -> bytes:
    """The response as bytes, with a fixed date."""
    return b"".join(encode(response, to_head=to_head, connection=connection, date=DATE))


def test_a_response_states_its_length() -> None:
    """Status, date, headers, length and body come in this order."""
    assert encoded(Response("200 OK", [("X-One", "1")], b"body")) == (
        b"HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nX-One: 1\r\n"
        b"Content-Length: 4\r\n\r\nbody"
    )


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_a_response_without_content_states_no_length(status: str) -> None:
    """A 204 or 304 has neither Content-Length nor body, whatever the application gave."""
    data = encoded(Response(status, [("Content-Length", "4")], b"body"))
    assert data.endswith(b"GMT\r\n\r\n")


def test_the_length_is_the_bodys_own() -> None:
    """A length that the application states wrongly is corrected."""
    data = encoded(Response("200 OK", [("content-length", "777")], b"body"))
    assert data.count(b"Content-Length: 4\r\n") == 1
    assert b"777" not in data


def test_a_response_to_head_may_state_a_length_without_its_body() -> None:
    """An application may answer a HEAD with the length that a GET would have."""
    data = encoded(Response("200 OK", [("Content-Length", "777")]), to_head=True)
    assert data.endswith(b"Content-Length: 777\r\n\r\n")


def test_the_connection_header_is_sent_when_given() -> None:
    """What becomes of the connection is said in one header."""
    assert b"\r\nConnection: close\r\n" in encoded(Response("200 OK"), connection="close")
    assert b"Connection" not in encoded(Response("200 OK"))


@pytest.mark.parametrize(
    "response",
    [
        Response("200 OK\r\nX: 1"),
        Response("200 OK", [("X", "1\r\nSet-Cookie: a")]),
        Response("200 OK", [("X\n", "1")]),
        Response("200 OK", [("X", "\r")]),
        Response("200 OK", [("X", "caf\u00e9 \u2603")]),
        Response("200 OK", [("Transfer-Encoding", "chunked")]),
        Response("200 OK", [("connection", "keep-alive")]),
    ],
)
def test_a_header_that_would_break_the_message_is_refused(response: Response) -> None:
    """Line breaks, characters that HTTP cannot carry and the server's own headers raise."""
    with pytest.raises(InvalidResponse):
        encoded(response)


def test_plain_text_ends_with_a_line_break() -> None:
    """A one-line response says what kind of text it is."""
    assert plain_text("400 Bad Request", "why", ("X", "1")) == Response(
        "400 Bad Request",
        (("Content-Type", "text/plain; charset=utf-8"), ("X", "1")),
        b"why\n",
    )


def test_a_long_body_is_not_copied() -> None:
    """It is sent behind the head as it is, so that a thousand slow readers hold it once."""
    body = bytes(SHORT_BODY_BYTES + 1)
    head, sent = encode(Response("200 OK", body=body), to_head=False, connection=None, date=DATE)
    assert sent is body
    assert f"Content-Length: {len(body)}\r\n".encode() in head
