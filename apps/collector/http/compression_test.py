"""Behaviour of `collector.http.compression`."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.errors import BodyTooLarge, DecompressionTooCostly, InvalidCompression
from collector.http.compression import MAX_MEMBERS, MAX_PROCESSOR_SECONDS, inflate

# What a member of no content takes: ten bytes of header, two of an empty block, eight of trailer.
EMPTY_MEMBER = gzip.compress(b"")


def inflated(body: bytes, *, limit: int) -> bytes:
    return inflate(body, limit=limit, processor_seconds=lambda: 0.0)


@given(content=st.binary(max_size=2_000), rest=st.binary(max_size=200))
def test_inflating_gives_back_what_was_compressed(content: bytes, rest: bytes) -> None:
    """All members of gzip data are inflated, one after the other."""
    assert inflated(gzip.compress(content) + gzip.compress(rest), limit=2_200) == content + rest


@given(
    pieces=st.lists(st.binary(max_size=100_000) | st.integers(0, 200_000).map(bytes), max_size=4)
)
def test_any_cut_of_members_is_inflated(pieces: list[bytes]) -> None:
    """Members that end anywhere in what is read at once are inflated, with zeros behind each."""
    body = b"".join(gzip.compress(piece, 1) + bytes(len(piece) % 70_000) for piece in pieces)
    assert inflated(body or EMPTY_MEMBER, limit=1_000_000) == b"".join(pieces)


def test_content_at_the_limit_is_taken() -> None:
    """The limit itself is allowed."""
    assert inflated(gzip.compress(b"x" * 100), limit=100) == b"x" * 100


def test_content_over_the_limit_is_refused() -> None:
    """A gigabyte of zeros packed into a megabyte is refused at the limit."""
    with pytest.raises(BodyTooLarge):
        inflated(gzip.compress(b"\0" * 50_000_000), limit=1_000)


def test_members_are_limited() -> None:
    """Members are refused beyond so many, however little each holds."""
    assert inflated(EMPTY_MEMBER * MAX_MEMBERS, limit=0) == b""
    with pytest.raises(DecompressionTooCostly):
        inflated(EMPTY_MEMBER * (MAX_MEMBERS + 1), limit=0)


def test_time_is_limited() -> None:
    """What has taken its time by the next 64 KiB is refused."""
    body = gzip.compress(bytes(range(256)) * 1_000, 0)
    seconds = iter([0.0, 0.05, MAX_PROCESSOR_SECONDS + 0.01])
    with pytest.raises(DecompressionTooCostly):
        inflate(body, limit=1_000_000, processor_seconds=lambda: next(seconds))


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
    """Bytes that are no complete gzip data are refused."""
    with pytest.raises(InvalidCompression):
        inflated(body, limit=1_000)
