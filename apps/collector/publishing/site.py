"""What is published, as the bytes of HTTP responses."""

from collections.abc import Mapping
from typing import Final, NamedTuple, TypeAlias

PAGE: Final = "/"
LATEST: Final = "/api/v1/statistics"
TABLE: Final = "/api/v1/statistics.csv"
STYLES: Final = "/census.css"
ICON: Final = "/census.svg"


class Body(NamedTuple):
    """Bytes and their entity tag, in its quotes (RFC 9110, 8.8.3)."""

    content: bytes
    etag: str


class Representation(NamedTuple):
    """What an address answers, plain and compressed. The headers are the same for both."""

    content_type: str
    headers: tuple[tuple[str, str], ...]
    plain: Body
    compressed: Body


Site: TypeAlias = Mapping[str, Representation]
"""Representations by path."""
