"""Behaviour of `collector.api.compression`."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.api.compression import inflate
from collector.errors import BodyTooLarge, InvalidCompression


@given(content=st.binary(max_size=2_000), rest=st.binary(max_size=200))
def test_inflating_gives_back_what_was_compressed(content: bytes, rest: bytes) -> None:
    """All members of gzip data are inflated, one after the other."""
    assert inflate(gzip.compress(content) + gzip.compress(rest), limit=2_200) == content + rest


def test_content_at_the_limit_is_taken() -> None:
    """The limit itself is allowed."""
    assert inflate(gzip.compress(b"x" * 100), limit=100) == b"x" * 100


def test_content_over_the_limit_is_refused() -> None:
    """A gigabyte of zeros packed into a megabyte is refused at the limit."""
    with pytest.raises(BodyTooLarge):
        inflate(gzip.compress(b"\0" * 50_000_000), limit=1_000)


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
        inflate(body, limit=1_000)
