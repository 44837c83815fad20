"""Behaviour of `collector.http.cost`."""

import gzip
import random

import pytest

from collector.http.cost import INFLATED_AT_ONCE_BYTES, cost_of
from collector.http.intake import MAX_BODY_BYTES
from collector.http.limits import LARGE_BODY_BYTES


class _Request:
    """A request with a body."""

    def __init__(self, body: bytes, **headers: str) -> None:
        self.body = body
        self.headers = headers

    @property
    def body_size(self) -> int:
        return len(self.body)

    def read_body(self) -> bytes:
        return self.body


def compressed(body: bytes, encoding: str = "gzip") -> _Request:
    return _Request(gzip.compress(body), CONTENT_ENCODING=encoding)


def test_a_plain_body_costs_its_bytes() -> None:
    """What is not compressed is read as it is."""
    assert cost_of(_Request(b"x" * 1_000)) == 1_000
    assert cost_of(_Request(b"x" * 1_000, CONTENT_ENCODING="identity")) == 1_000


@pytest.mark.parametrize("encoding", ["gzip", "X-GZIP"])
def test_a_compressed_body_costs_what_it_becomes(encoding: str) -> None:
    """What is small when it is inflated is small."""
    assert cost_of(compressed(b"x" * LARGE_BODY_BYTES, encoding)) == LARGE_BODY_BYTES


@pytest.mark.parametrize(
    "body",
    [
        gzip.compress(b"x" * (LARGE_BODY_BYTES + 1)),
        gzip.compress(random.Random(1).randbytes(INFLATED_AT_ONCE_BYTES)),
        gzip.compress(b"") * 700,
        b"no gzip",
    ],
    ids=["a bomb", "too long to try", "many members", "none"],
)
def test_what_may_become_large_is_large(body: bytes) -> None:
    """What is not known to be small may cost as much as the largest body."""
    assert cost_of(_Request(body, CONTENT_ENCODING="gzip")) == MAX_BODY_BYTES
