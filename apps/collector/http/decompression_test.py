"""Behaviour of `collector.http.decompression`, and what a body costs."""

import gzip
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.errors import BodyTooLarge, DecompressionTooCostly, InvalidCompression
from collector.http import LARGE_BODY_BYTES, Limits
from collector.http.decompression import MAX_MEMBERS, MAX_PROCESSOR_SECONDS, decompress
from collector.http.intake import DECOMPRESSED_AT_ONCE_BYTES, MAX_BODY_BYTES, cost_of
from collector.http.request import Request, RequestLimits

# What a member of no content takes: ten bytes of header, two of an empty block, eight of trailer.
EMPTY_MEMBER = gzip.compress(b"")


def decompressed(body: bytes, *, limit: int) -> bytes:
    return decompress(body, limit=limit, processor_seconds=lambda: 0.0)


@given(content=st.binary(max_size=2_000), rest=st.binary(max_size=200))
def test_decompressing_gives_back_what_was_compressed(content: bytes, rest: bytes) -> None:
    """All members of gzip data are decompressed, one after the other."""
    assert decompressed(gzip.compress(content) + gzip.compress(rest), limit=2_200) == content + rest


@given(
    pieces=st.lists(st.binary(max_size=100_000) | st.integers(0, 200_000).map(bytes), max_size=4)
)
def test_any_cut_of_members_is_decompressed(pieces: list[bytes]) -> None:
    """Members may end anywhere in what is read at once, with zeros behind each."""
    body = b"".join(gzip.compress(piece, 1) + bytes(len(piece) % 70_000) for piece in pieces)
    assert decompressed(body or EMPTY_MEMBER, limit=1_000_000) == b"".join(pieces)


def test_content_at_the_limit_is_taken() -> None:
    """The limit itself is allowed."""
    assert decompressed(gzip.compress(b"x" * 100), limit=100) == b"x" * 100


def test_content_over_the_limit_is_refused() -> None:
    """Megabytes of zeros compressed into kilobytes is refused at the limit."""
    with pytest.raises(BodyTooLarge):
        decompressed(gzip.compress(b"\0" * 50_000_000), limit=1_000)


def test_members_are_limited() -> None:
    """Members are refused beyond so many, however little each holds."""
    assert decompressed(EMPTY_MEMBER * MAX_MEMBERS, limit=0) == b""
    with pytest.raises(DecompressionTooCostly):
        decompressed(EMPTY_MEMBER * (MAX_MEMBERS + 1), limit=0)


def test_time_is_limited() -> None:
    """What has taken its time by the next 64 KiB is refused."""
    body = gzip.compress(bytes(range(256)) * 1_000, 0)
    seconds = iter([0.0, 0.05, MAX_PROCESSOR_SECONDS + 0.01])
    with pytest.raises(DecompressionTooCostly):
        decompress(body, limit=1_000_000, processor_seconds=lambda: next(seconds))


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        zlib.compress(b"{}"),
        gzip.compress(b"{}" * 100)[:-9],
        gzip.compress(b"{}") + b"{}",
        gzip.compress(b"{}")[:-8] + b"\0" * 8,
    ],
    ids=["plain", "zlib", "cut", "trailing", "wrong-checksum"],
)
def test_what_is_not_gzip_is_refused(body: bytes) -> None:
    """Bytes that are not complete gzip data are refused."""
    with pytest.raises(InvalidCompression):
        decompressed(body, limit=1_000)


def request_of(body: bytes, encoding: str | None = None) -> Request:
    """A request that has arrived whole."""
    request = Request(RequestLimits(Limits()))
    coding = f"Content-Encoding: {encoding}\r\n" if encoding else ""
    head = f"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n{coding}\r\n"
    data = head.encode() + body
    while data:
        data = data[request.receive(data) :]
    return request


def test_a_plain_body_costs_its_bytes() -> None:
    """What is not compressed is read as it is."""
    assert cost_of(request_of(b"x" * 1_000)) == 1_000
    assert cost_of(request_of(b"x" * 1_000, "identity")) == 1_000


@pytest.mark.parametrize("encoding", ["gzip", "X-GZIP"])
def test_a_compressed_body_costs_what_it_becomes(encoding: str) -> None:
    """What is small when it is decompressed is small."""
    assert cost_of(request_of(gzip.compress(b"x" * LARGE_BODY_BYTES), encoding)) == LARGE_BODY_BYTES


@pytest.mark.parametrize(
    "body",
    [
        gzip.compress(b"x" * (LARGE_BODY_BYTES + 1)),
        gzip.compress(random.Random(1).randbytes(DECOMPRESSED_AT_ONCE_BYTES)),
        gzip.compress(b"") * 700,
        b"no gzip",
    ],
    ids=["a bomb", "too long to try", "many members", "none"],
)
def test_what_may_become_large_is_large(body: bytes) -> None:
    """What is not known to be small may cost as much as the largest body."""
    assert cost_of(request_of(body, "gzip")) == MAX_BODY_BYTES
