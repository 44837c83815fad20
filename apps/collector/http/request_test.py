"""The rules that a request must keep, and what of waitress's parser the server relies on."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.http import Limits
from collector.http.request import MAX_HEADER_FIELDS, Request, RequestLimits

LIMITS = RequestLimits(Limits(max_header_bytes=4096, max_body_bytes=200_000))
CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
WHOLE = b"POST /p%20q?r=s HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nContent-Length: 5\r\n\r\nhello"


def parsed(data: bytes) -> Request:
    """The request at the front of `data`, fed until it is complete or the data ends."""
    request = Request(LIMITS)
    while data and not request.completed:
        data = data[request.receive(data) :]
    return request


def status(data: bytes) -> str | None:
    """The status that answers a request which breaks a rule, or None."""
    response = parsed(data).error_response
    return None if response is None else response.status[:3]


def sized(length: int) -> bytes:
    """The head of a request that announces a body."""
    return f"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n".encode()


@pytest.mark.parametrize(
    "head",
    [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: -5",
        "Content-Length: +5",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5\r\nContent-Length: 5",
        "Content-Length: 5, 5",
        "Content-Length: 0x5",
        "Content-Length: 5 5",
        "Content-Length : 5",
        "Content-Length: " + "9" * 4000,
        "Content-Length:",
    ],
)
def test_a_length_that_can_be_read_in_two_ways_is_refused(head: str) -> None:
    """Each shape of ambiguous framing is answered 400."""
    request = f"POST / HTTP/1.1\r\nHost: a\r\n{head}\r\n\r\n0\r\n\r\n"
    assert status(request.encode()) in {"400", "413"}


def test_a_length_of_more_digits_than_int_takes_is_refused() -> None:
    """A Content-Length of 5,000 digits is answered 400, where waitress lets ValueError out."""
    limits = RequestLimits(Limits())
    request = Request(limits)
    request.receive(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n")
    assert request.error_response is not None
    assert request.error_response.status == "400 Bad Request"


@pytest.mark.parametrize("fold", [b"\r\n ", b"\r\n\t"])
def test_a_folded_header_is_refused(fold: bytes) -> None:
    """A header over two lines is answered 400, where waitress joins them."""
    assert status(b"GET / HTTP/1.1\r\nHost: a\r\nX: y" + fold + b"z: 1\r\n\r\n") == "400"


def test_http_1_0_has_no_chunks() -> None:
    """An HTTP/1.0 request with a Transfer-Encoding is answered 400."""
    assert status(CHUNKED.replace(b"HTTP/1.1", b"HTTP/1.0")) == "400"


def test_an_unknown_transfer_encoding_is_not_implemented() -> None:
    """A Transfer-Encoding other than chunked is answered 501."""
    assert status(CHUNKED.replace(b"chunked", b"gzip, chunked")) == "501"


@pytest.mark.parametrize("version", ["2.0", "1.2", "0.9"])
def test_another_version_is_refused(version: str) -> None:
    """A version other than HTTP/1.0 and HTTP/1.1 is answered 400."""
    assert status(f"GET / HTTP/{version}\r\nHost: a\r\n\r\n".encode()) == "400"


@pytest.mark.parametrize("hosts", ["", "Host: a\r\nHost: b\r\n"])
def test_http_1_1_names_one_host(hosts: str) -> None:
    """An HTTP/1.1 request without a Host, or with two, is answered 400."""
    assert status(f"GET / HTTP/1.1\r\n{hosts}\r\n".encode()) == "400"


def test_http_1_0_may_name_no_host() -> None:
    """An HTTP/1.0 request needs no Host."""
    assert status(b"GET / HTTP/1.0\r\n\r\n") is None


@pytest.mark.parametrize("target", [b"http://[::1/", b"http://[x]y]/"])
def test_a_target_that_urllib_refuses_is_refused(target: bytes) -> None:
    """A malformed target is answered 400, where waitress lets ValueError out."""
    assert status(b"GET " + target + b" HTTP/1.1\r\nHost: a\r\n\r\n") == "400"


@pytest.mark.parametrize(
    ("fields", "expected"), [(MAX_HEADER_FIELDS, None), (MAX_HEADER_FIELDS + 1, "431")]
)
def test_the_fields_of_a_header_are_counted(fields: int, expected: str | None) -> None:
    """More fields than anybody sends are answered 431, before they are parsed."""
    header = b"Host: a\r\n" + b"X:\r\n" * (fields - 1)
    assert status(b"GET / HTTP/1.1\r\n" + header + b"\r\n") == expected


@pytest.mark.parametrize(("length", "expected"), [(7_980, None), (8_001, "414")])
def test_a_target_has_a_limit(length: int, expected: str | None) -> None:
    """A target of 8,000 bytes is taken, and a longer one answered 414."""
    limits = RequestLimits(Limits())
    request = Request(limits)
    request.receive(b"GET /" + b"x" * (length - 1) + b" HTTP/1.1\r\nHost: a\r\n\r\n")
    assert request.completed
    assert (request.error_response and request.error_response.status[:3]) == expected


def test_a_header_that_is_too_long_is_refused() -> None:
    """A header over the limit is answered 431 before it ends."""
    assert status(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 4096) == "431"


@pytest.mark.parametrize(("length", "expected"), [(200_000, None), (200_001, "413")])
def test_the_limit_of_a_body_is_exact(length: int, expected: str | None) -> None:
    """A body of the limit is taken and one of a byte more is not, announced or in chunks."""
    body = b"x" * length
    assert status(sized(length) + body) == expected
    assert status(CHUNKED + b"%x\r\n%b\r\n0\r\n\r\n" % (length, body)) == expected


def test_a_body_that_is_too_long_is_refused_at_its_head() -> None:
    """An announced length over the limit is answered 413 without a byte of the body."""
    assert status(sized(100_000_000)) == "413"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"1;" + b"x" * 2000, id="a chunk's line without end"),
        pytest.param(b"0\r\nX: " + b"x" * 5000, id="a trailer without end"),
        pytest.param(b"1\r\nx\r\n" * 8000, id="chunks of one byte"),
        pytest.param((b"3c\r\n" + b"x" * 60 + b"\r\n") * 3000, id="chunks of 60 bytes"),
        pytest.param(b"1\r\nxy\r\n", id="a chunk longer than announced"),
        pytest.param(b"-1\r\nx\r\n", id="a negative chunk"),
    ],
)
def test_chunks_that_cost_more_than_they_carry_are_refused(body: bytes) -> None:
    """Framing without bound is answered 400."""
    assert status(CHUNKED + body) == "400"


def test_failing_a_request_frees_its_body() -> None:
    """A request that is answered by the server holds nothing any more."""
    request = parsed(sized(150_000) + b"x" * 100_000)
    assert request.body_size == 100_000
    response = parsed(sized(300_000)).error_response
    assert response is not None
    request.fail_with(response)
    assert (request.body_size, request.completed, request.error_response) == (0, True, response)


def test_waitress_gives_the_parts_of_a_request() -> None:
    """Path, query, target, version, header names and body are where the gateway reads them."""
    request = parsed(WHOLE)
    assert (request.method, request.path, request.query) == ("POST", "/p q", "r=s")
    assert (request.request_uri, request.version) == ("/p%20q?r=s", "1.1")
    assert request.headers == {"HOST": "a", "X_ONE": "1", "CONTENT_LENGTH": "5"}
    assert request.get_body_stream().read() == b"hello"


def test_waitress_leaves_what_follows_a_request() -> None:
    """`receive` returns how many bytes it took, so that a second request is not lost."""
    request = Request(LIMITS)
    head = request.receive(WHOLE + WHOLE)
    assert head == len(WHOLE) - len(b"hello")
    assert request.receive((WHOLE + WHOLE)[head:]) == len(b"hello")
    assert request.completed


def test_waitress_tells_how_far_a_request_has_come() -> None:
    """Begun, head finished and completed are different states."""
    request = Request(LIMITS)
    stages = [(request.begun, request.headers_finished, request.completed)]
    for piece in (b"POST / HTTP/1.1\r\nHost: a\r\n", b"Content-Length: 1\r\n\r\n", b"x"):
        request.receive(piece)
        stages.append((request.begun, request.headers_finished, request.completed))
    assert stages == [
        (False, False, False),
        (True, False, False),
        (True, True, False),
        (True, True, True),
    ]


def test_waitress_marks_blank_lines_as_empty() -> None:
    """Blank lines before a request come as an empty one."""
    assert parsed(b"\r\n\r\n").empty
    assert not parsed(WHOLE).empty


def test_waitress_marks_a_client_that_awaits_our_word() -> None:
    """`Expect: 100-continue` shows until the body has arrived."""
    head = sized(1).replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n")
    assert parsed(head).awaits_continue
    assert not parsed(head + b"x").awaits_continue
    assert not parsed(sized(1)).awaits_continue


def test_waitress_joins_chunks_and_states_their_length() -> None:
    """A body in chunks reaches the application whole, as if its length had been announced."""
    request = parsed(CHUNKED + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n")
    assert request.get_body_stream().read() == b"abcde"
    assert request.headers["CONTENT_LENGTH"] == "5"
    assert "TRANSFER_ENCODING" not in request.headers


def test_waitress_keeps_a_large_body_in_memory() -> None:
    """A body beyond waitress's own threshold for a temporary file stays in memory."""
    limits = RequestLimits(Limits())
    request = Request(limits)
    assert limits.adjustments.inbuf_overflow > 2 * 524_288
    rest = sized(2 * 524_288) + b"x" * (2 * 524_288)
    while not request.completed:
        rest = rest[request.receive(rest) :]
    assert isinstance(request.get_body_stream(), BytesIO)


def test_waitress_drops_a_header_with_an_underscore() -> None:
    """A name with an underscore cannot pass for the one with a dash."""
    assert "X_ONE" not in parsed(WHOLE.replace(b"X-One", b"X_One")).headers


@pytest.mark.parametrize(
    ("version", "connection", "kept"),
    [
        ("1.1", "", True),
        ("1.1", "Connection: close\r\n", False),
        ("1.1", "Connection: x, Close\r\n", False),
        ("1.0", "", False),
        ("1.0", "Connection: Keep-Alive\r\n", True),
    ],
)
def test_the_client_says_whether_a_connection_is_kept(
    version: str, connection: str, *, kept: bool
) -> None:
    """HTTP/1.1 keeps a connection by default, HTTP/1.0 closes it."""
    request = parsed(f"GET / HTTP/{version}\r\nHost: a\r\n{connection}\r\n".encode())
    assert request.keeps_connection is kept


@given(cuts=st.lists(st.integers(1, 40), min_size=1), chunked=st.booleans())
def test_how_a_request_is_cut_does_not_matter(cuts: list[int], *, chunked: bool) -> None:
    """A request gives the same parts in whatever pieces it arrives."""
    whole = CHUNKED + b"5\r\nhello\r\n0\r\n\r\n" if chunked else WHOLE
    request = Request(LIMITS)
    rest = whole
    while rest:
        for cut in cuts:
            piece, rest = rest[:cut], rest[cut:]
            while piece:
                assert not request.completed
                piece = piece[request.receive(piece) :]
    assert request.completed
    assert request.get_body_stream().read() == b"hello"
    assert request.headers == parsed(whole).headers


FRAGMENTS = st.sampled_from(
    [
        *("GET ", "POST ", "/", "http://[", "]", " HTTP/1.1", " HTTP/1.0", "Host: a"),
        *("Content-Length: 5", "Transfer-Encoding: chunked", "Expect: 100-continue"),
        *("5\r\nhello\r\n", "0\r\n", "\r\n", "\r", "\n", "\t", "\x85", "\xff"),
        *(";", ":", " ", "%zz", "#?"),
    ]
)
LATIN_1 = st.text(st.characters(max_codepoint=255), max_size=8)


@given(st.lists(FRAGMENTS | LATIN_1, max_size=30).map("".join))
def test_no_bytes_make_the_parser_raise(text: str) -> None:
    """Whatever bytes arrive, they are a request, part of one, or a refusal."""
    for start in (b"", b"GET / HTTP/1.1\r\nHost: a\r\n", CHUNKED):
        request = parsed(start + text.encode("latin-1"))
        assert request.error_response is None or request.completed
