"""From a posted body to a report fit for the spool, and what that may cost.

Pure: clock and randomness are arguments. The cost is counted in bytes of JSON: whatever they hold,
each takes some 20 nanoseconds of the one thread that serves (`tests/hostile/cost_test.py` searches
for worse). A compressed body counts by what it becomes; decompressing it has limits of size,
members and processor time.
"""

import re
import time
import zlib
from collections.abc import Callable
from hashlib import blake2b
from typing import Final

import msgspec
from msgspec import Struct

import report
from collector.errors import (
    BodyTooLarge,
    DecompressionTooCostly,
    InvalidCompression,
    InvalidIdempotencyKey,
    Refusal,
    UnsupportedContentEncoding,
    UnsupportedContentType,
)
from collector.http import LARGE_BODY_BYTES
from collector.http.request import Request
from collector.records import AcceptedReport, cluster_tag
from report import MAX_REPORT_BYTES
from report.vocabulary.public_words import without_unknown_words

SECONDS_PER_HOUR: Final = 3_600
MAX_BODY_BYTES: Final = MAX_REPORT_BYTES
MAX_MEMBERS: Final = 256
"""bgzip and its like make one of 64 KiB each, half as many of the largest body."""
MAX_PROCESSOR_SECONDS: Final = 0.1
"""An honest 8 MiB takes up to 0.05. Blocks that only describe their codes take 0.6 and say nothing
(RFC 1951, 3.2.7)."""
DECOMPRESSED_AT_ONCE_BYTES: Final = 16 * 1024
"""A longer compressed body may become anything: to find out would take milliseconds."""
_PIECE_BYTES: Final = 64 * 1024
_GZIP_FORMAT: Final = 16 + zlib.MAX_WBITS
_KEY_BYTES: Final = 16
_VISIBLE_ASCII: Final = re.compile(r"[!-~]{1,128}")
# RFC 9110, 8.4.1.3: x-gzip is gzip.
_GZIP_NAMES: Final = frozenset({"gzip", "x-gzip"})


class Post(Struct, frozen=True):
    """A request to keep a report: its body, and the headers that say how to read it."""

    content_type: str | None
    content_encoding: str | None
    idempotency_key: str | None
    body: bytes


def is_gzip(content_encoding: str | None) -> bool:
    """Whether a body of that Content-Encoding is compressed."""
    return (content_encoding or "").lower() in _GZIP_NAMES


def accept(
    post: Post,
    *,
    now: float,
    random_bytes: Callable[[int], bytes],
    processor_seconds: Callable[[], float] = time.thread_time,
) -> AcceptedReport:
    """Return the report of `post` as it will be kept.

    `now` is UNIX seconds; `processor_seconds` counts those that this thread has used.

    Kept is the re-encoded valid report, never the received bytes; without capacities of unknown
    resources and workloads of unknown kinds, because other clients may send more than they should;
    and stamped with the hour, so that an access log fits it no better than all else of that hour.
    Raises a `Refusal` or `report.InvalidReport`.
    """
    _check_headers(post)
    content = _content(post, processor_seconds)
    received = without_unknown_words(report.decode(content))
    hour = int(now // SECONDS_PER_HOUR) * SECONDS_PER_HOUR
    stamp = str(hour)
    encoded = report.encode(msgspec.structs.replace(received, timestamp=stamp))
    if post.idempotency_key is None:
        return AcceptedReport(random_bytes(_KEY_BYTES).hex(), hour, encoded, None)
    key = _report_key(received.cluster_id, post.idempotency_key)
    tag = cluster_tag(received.cluster_id)
    return AcceptedReport(key, hour, encoded, _fingerprint(encoded, stamp), tag)


def _check_headers(post: Post) -> None:
    media_type = (post.content_type or "").partition(";")[0].strip()
    if media_type.lower() != "application/json":
        raise UnsupportedContentType
    encoding = post.content_encoding or "identity"
    if encoding.lower() != "identity" and not is_gzip(encoding):
        raise UnsupportedContentEncoding
    if post.idempotency_key is not None and not _VISIBLE_ASCII.fullmatch(post.idempotency_key):
        raise InvalidIdempotencyKey


def _content(post: Post, processor_seconds: Callable[[], float]) -> bytes:
    if len(post.body) > MAX_BODY_BYTES:
        raise BodyTooLarge(MAX_BODY_BYTES)
    if is_gzip(post.content_encoding):
        return decompress(post.body, limit=MAX_BODY_BYTES, processor_seconds=processor_seconds)
    return post.body


def _report_key(cluster_id: str, idempotency_key: str) -> str:
    """Return the identity of a report. Collectors that share a warehouse all compute the same."""
    digest = blake2b(digest_size=_KEY_BYTES, person=b"spartakus-report")
    # A cluster ID holds no NUL, so no two pairs of texts are hashed alike.
    digest.update(cluster_id.encode() + b"\0" + idempotency_key.encode())
    return digest.hexdigest()


def _fingerprint(encoded: bytes, stamp: str) -> bytes:
    # Without the stamp: a retry in the next hour is still the same report. No text of a report can
    # be taken for it, because the quotes in a text are escaped.
    unstamped = encoded.replace(b',"timestamp":"%s"' % stamp.encode(), b"", 1)
    return blake2b(unstamped, digest_size=_KEY_BYTES).digest()


def decompress(body: bytes, *, limit: int, processor_seconds: Callable[[], float]) -> bytes:
    """Return the content of `body`, gzip data of one or more members (RFC 1952).

    Nothing beyond `limit` bytes is ever decompressed, so a small body cannot become a large one.
    Zeros behind a member are padding, as for gzip(1). `processor_seconds` counts this thread's.
    Raises `BodyTooLarge`, `DecompressionTooCostly`, and `InvalidCompression` for what is not gzip.
    """
    ends_at = processor_seconds() + MAX_PROCESSOR_SECONDS
    content = bytearray()
    member, members = zlib.decompressobj(_GZIP_FORMAT), 1
    # In pieces, because the rest behind a member is copied for each.
    for start in range(0, len(body), _PIECE_BYTES):
        piece = body[start : start + _PIECE_BYTES]
        while piece := piece.lstrip(b"\0") if member.eof else piece:
            if member.eof:
                member, members = zlib.decompressobj(_GZIP_FORMAT), members + 1
            content += _decompress(member, piece, at_most=limit + 1 - len(content))
            if len(content) > limit:
                raise BodyTooLarge(limit)
            piece = member.unused_data
            if members > MAX_MEMBERS or processor_seconds() > ends_at:
                raise DecompressionTooCostly
    if not member.eof:
        raise InvalidCompression
    return bytes(content)


def _decompress(member: "zlib._Decompress", piece: bytes, *, at_most: int) -> bytes:
    try:
        return member.decompress(piece, at_most)
    except zlib.error as error:
        raise InvalidCompression from error


def cost_of(request: Request, *, processor_seconds: Callable[[], float] = time.thread_time) -> int:
    """Return the bytes that there are to read, or as many as there may be. Costs little itself."""
    encoding = request.headers.get("CONTENT_ENCODING")
    if encoding is None or not is_gzip(encoding):
        return request.body_size
    if request.body_size > DECOMPRESSED_AT_ONCE_BYTES:
        return MAX_BODY_BYTES
    try:
        body = request.read_body()
        return len(decompress(body, limit=LARGE_BODY_BYTES, processor_seconds=processor_seconds))
    except Refusal:
        return MAX_BODY_BYTES
