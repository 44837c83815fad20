"""The framing of requests: every shape that RFC 9112, 6 and 7.1, names, and its right response."""

import socket
import ssl
from contextlib import closing

import pytest

from collector.http.conftest import RawClient, Serve
from collector.testing import DEADLINE_SECONDS

START = b"POST / HTTP/1.1\r\nHost: a\r\n"
START_OF_1_0 = b"POST / HTTP/1.0\r\nHost: a\r\n"
CHUNKS = b"5\r\nhello\r\n0\r\n\r\n"
TE = b"Transfer-Encoding: "

TAKEN = {
    # 6.2: one length in digits.
    "length": START + b"Content-Length: 5\r\n\r\nhello",
    "length with zeros before it": START + b"Content-Length: 005\r\n\r\nhello",
    "length with spaces around it": START + b"Content-Length: \t 5 \t\r\n\r\nhello",
    "length in HTTP/1.0": START_OF_1_0 + b"Content-Length: 5\r\n\r\nhello",
    # 6.1 and 7: chunked, once and last; names of codings have no case.
    "chunks": START + TE + b"chunked\r\n\r\n" + CHUNKS,
    "chunks by another case": START + TE + b"Chunked\r\n\r\n" + CHUNKS,
    "chunks with spaces around": START + TE + b"\t chunked \t\r\n\r\n" + CHUNKS,
    # 7.1: HEXDIG of either case, with zeros before it.
    "sizes in hexadecimal": START + TE + b"chunked\r\n\r\n0005\r\nhello\r\n00\r\n\r\n",
    "several chunks": START + TE + b"chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
    # 7.1.1: unknown extensions are ignored; 7.1.2: so are trailers.
    "extensions": START + TE + b'chunked\r\n\r\n5;a=b;c="d e"\r\nhello\r\n0;x\r\n\r\n',
    "trailers": START + TE + b"chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\nContent-Length: 9\r\n\r\n",
}
NO_BODY = {
    # 6.3, rule 7: neither header, no body.
    "neither": START + b"\r\n",
    "neither in HTTP/1.0": START_OF_1_0 + b"\r\n",
    "length of none": START + b"Content-Length: 0\r\n\r\n",
    "chunks of none": START + TE + b"chunked\r\n\r\n0\r\n\r\n",
}
REFUSED = {
    # 6.3, rule 3: both.
    "length and chunks": START + b"Content-Length: 5\r\n" + TE + b"chunked\r\n\r\n" + CHUNKS,
    "chunks and length": START + TE + b"chunked\r\nContent-Length: 5\r\n\r\n" + CHUNKS,
    "length and empty coding": START + b"Content-Length: 5\r\n" + TE + b"\r\n\r\nhello",
    "empty coding and length": START + TE + b"\r\nContent-Length: 5\r\n\r\nhello",
    "length and identity": START + b"Content-Length: 5\r\n" + TE + b"identity\r\n\r\nhello",
    # 6.1: chunked more than once.
    "chunked twice": START + TE + b"chunked, chunked\r\n\r\n" + CHUNKS,
    "chunked on two lines": START + (TE + b"chunked\r\n") * 2 + b"\r\n" + CHUNKS,
    # 6.3, rule 4: chunked not last.
    "chunked and identity": START + TE + b"chunked, identity\r\n\r\n" + CHUNKS,
    "chunked and gzip": START + TE + b"chunked, gzip\r\n\r\n" + CHUNKS,
    "chunked and gzip on two lines": START + TE + b"chunked\r\n" + TE + b"gzip\r\n\r\n" + CHUNKS,
    "gzip alone": START + TE + b"gzip\r\n\r\n" + CHUNKS,
    "identity": START + TE + b"identity\r\n\r\n",
    "unknown": START + TE + b"xchunked\r\n\r\n" + CHUNKS,
    "empty coding": START + TE + b"\r\n\r\n" + CHUNKS,
    "empty coding before": START + TE + b", chunked\r\n\r\n" + CHUNKS,
    "empty coding after": START + TE + b"chunked,\r\n\r\n" + CHUNKS,
    "empty line of codings": START + TE + b"\r\n" + TE + b"chunked\r\n\r\n" + CHUNKS,
    "parameter": START + TE + b"chunked;q=1\r\n\r\n" + CHUNKS,
    "quoted": START + TE + b'"chunked"\r\n\r\n' + CHUNKS,
    "vertical tab": START + TE + b"\x0bchunked\r\n\r\n" + CHUNKS,
    "next line": START + TE + b"chunked\x85\r\n\r\n" + CHUNKS,
    # 6.1: not in HTTP/1.0.
    "chunks in HTTP/1.0": START_OF_1_0 + TE + b"chunked\r\n\r\n" + CHUNKS,
    # 5.1 and 5.2: names and folded lines.
    "space before the colon": START + b"Transfer-Encoding : chunked\r\n\r\n" + CHUNKS,
    "folded": START + b"Transfer-Encoding:\r\n chunked\r\n\r\n" + CHUNKS,
    "length with a space before the colon": START + b"Content-Length : 5\r\n\r\nhello",
    "length that is folded": START + b"Content-Length:\r\n 5\r\n\r\nhello",
    # 6.3, rule 5: lengths that are none.
    "two lengths": START + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "the same length twice": START + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "list of lengths": START + b"Content-Length: 5, 5\r\n\r\nhello",
    "empty length": START + b"Content-Length:\r\n\r\nhello",
    "negative length": START + b"Content-Length: -5\r\n\r\nhello",
    "signed length": START + b"Content-Length: +5\r\n\r\nhello",
    "length in hexadecimal": START + b"Content-Length: 0x5\r\n\r\nhello",
    "length with an underscore": START + b"Content-Length: 1_0\r\n\r\nhello",
    "length with a fraction": START + b"Content-Length: 5.0\r\n\r\nhello",
    "length with a space in it": START + b"Content-Length: 1 0\r\n\r\nhello",
    # 7.1: sizes that are none.
    "no size": START + TE + b"chunked\r\n\r\n;a\r\nhello\r\n0\r\n\r\n",
    "negative size": START + TE + b"chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n",
    "signed size": START + TE + b"chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n",
    "size with a prefix": START + TE + b"chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n",
    "size with an underscore": START + TE + b"chunked\r\n\r\n0_5\r\nhello\r\n0\r\n\r\n",
    "size with a space before it": START + TE + b"chunked\r\n\r\n 5\r\nhello\r\n0\r\n\r\n",
    "size that is not a number": START + TE + b"chunked\r\n\r\nhello\r\n0\r\n\r\n",
    # 7.1: what stands around the data.
    "chunk longer than it says": START + TE + b"chunked\r\n\r\n4\r\nhello\r\n0\r\n\r\n",
    "no line end behind a chunk": START + TE + b"chunked\r\n\r\n5\r\nhello0\r\n\r\n",
    "line feed behind a chunk": START + TE + b"chunked\r\n\r\n5\r\nhello\n0\r\n\r\n",
    "line feed behind a size": START + TE + b"chunked\r\n\r\n5\nhello\r\n0\r\n\r\n",
    "blank line before a size": START + TE + b"chunked\r\n\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "blank line between chunks": START + TE + b"chunked\r\n\r\n5\r\nhello\r\n\r\n0\r\n\r\n",
    "line feed in an extension": START + TE + b"chunked\r\n\r\n5;a\nb\r\nhello\r\n0\r\n\r\n",
}
NOT_IMPLEMENTED = {
    # 6.1: a coding that is not understood, with chunked last.
    "gzip in chunks": START + TE + b"gzip, chunked\r\n\r\n" + CHUNKS,
    "gzip and chunked on two lines": START + TE + b"gzip\r\n" + TE + b"chunked\r\n\r\n" + CHUNKS,
    "unknown in chunks": START + TE + b"x, chunked\r\n\r\n" + CHUNKS,
}


@pytest.mark.parametrize("name", TAKEN)
def test_a_body_that_is_framed_as_it_should_be_is_taken(serve: Serve, name: str) -> None:
    """The application gets the body, and the connection serves another request if it may."""
    with closing(RawClient(serve().server.address)) as client:
        client.send(TAKEN[name])
        assert client.response().body == b"POST / hello"


@pytest.mark.parametrize("name", NO_BODY)
def test_a_request_may_have_no_body(serve: Serve, name: str) -> None:
    """Without length and chunks there is none."""
    with closing(RawClient(serve().server.address)) as client:
        client.send(NO_BODY[name])
        assert client.response().body == b"POST / "


@pytest.mark.parametrize("name", [*REFUSED, *NOT_IMPLEMENTED])
def test_framing_that_breaks_a_rule_is_refused(serve: Serve, name: str) -> None:
    """One response, and the end: what follows is never taken for another request."""
    smuggled = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
    with closing(RawClient(serve().server.address)) as client:
        client.send((REFUSED | NOT_IMPLEMENTED)[name] + smuggled)
        assert client.response().status == (400 if name in REFUSED else 501)
        assert client.is_closed()


def test_tls_is_refused_at_once(serve: Serve) -> None:
    """Who speaks TLS to the port learns it from the first bytes, and not from a deadline."""
    address = serve().server.address
    with (
        socket.create_connection(address, timeout=DEADLINE_SECONDS) as connection,
        pytest.raises(ssl.SSLError, match=r"WRONG_VERSION_NUMBER|RECORD_LAYER_FAILURE"),
    ):
        ssl.create_default_context().wrap_socket(connection, server_hostname="a")
    with closing(RawClient(address)) as client:
        client.send(b"\x16\x03\x01\x02\x00\x01")
        assert client.response().body == b"this port speaks http, not https\n"
        assert client.is_closed()
