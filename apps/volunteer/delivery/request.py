"""The one request that carries a report: its headers and its body, without the network.

A report's length would tell it apart in the log of a proxy. So a body is padded to a multiple of
4 KiB: a plain one with spaces after the report (RFC 8259, section 2), a compressed one with a
comment in its gzip header (RFC 1952, section 2.3), because spaces would be compressed away.
"""

import gzip
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

from volunteer.version import USER_AGENT

READER_HEADERS: Final[Mapping[str, str]] = {
    "Accept": "application/json",
    "User-Agent": USER_AGENT,
}
"""The headers of a request for what a collector publishes; it has no body."""

PADDED_TO_BYTES: Final = 4096
_GZIP_FLAGS: Final = 3
_GZIP_HEADER_BYTES: Final = 10
_HAS_COMMENT: Final = 0x10


class Request(Struct, frozen=True):
    """What is posted, the same at each try. The connection adds `Host`, `Accept-Encoding: identity`
    and `Content-Length`.
    """

    headers: Mapping[str, str]
    body: bytes


def request_of(report: bytes, *, idempotency_key: str, compress: bool) -> Request:
    """Return the request that posts an encoded report."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "Idempotency-Key": idempotency_key,
    }
    if compress:
        return Request(headers | {"Content-Encoding": "gzip"}, padded_gzip(report))
    return Request(headers, padded(report))


def padded(report: bytes) -> bytes:
    """Return `report` with spaces up to the next multiple of `PADDED_TO_BYTES`."""
    return report + b" " * (-len(report) % PADDED_TO_BYTES)


def padded_gzip(report: bytes) -> bytes:
    """Return `report` compressed, up to the next multiple of `PADDED_TO_BYTES`."""
    # Without a time stamp, which would tell more than the report does.
    compressed = gzip.compress(report, mtime=0)
    end_of_comment = b"\0"
    comment = b" " * (-len(compressed + end_of_comment) % PADDED_TO_BYTES) + end_of_comment
    header, rest = bytearray(compressed[:_GZIP_HEADER_BYTES]), compressed[_GZIP_HEADER_BYTES:]
    header[_GZIP_FLAGS] |= _HAS_COMMENT
    return bytes(header) + comment + rest


def header_lines(request: Request, url: str) -> list[str]:
    """Return the headers that a collector at `url` sees, those of the connection first.

    The idempotency key is described: it is another one in each report.
    """
    shown = {
        "Host": urlsplit(url).netloc,
        "Accept-Encoding": "identity",
        "Content-Length": str(len(request.body)),
        **request.headers,
        "Idempotency-Key": "32 hexadecimal digits, drawn at random for each report",
    }
    return [f"{name}: {value}" for name, value in shown.items()]
