"""From a posted body to a report fit for the spool. Pure: clock and randomness are arguments."""

import re
import time
from collections.abc import Callable
from hashlib import blake2b
from typing import Final

import msgspec
from msgspec import Struct

import report
from collector.errors import (
    BodyTooLarge,
    InvalidIdempotencyKey,
    UnsupportedContentEncoding,
    UnsupportedContentType,
)
from collector.http.compression import inflate
from collector.http.public_words import without_unknown_words
from collector.records import AcceptedReport, cluster_tag
from report import MAX_REPORT_BYTES

SECONDS_PER_HOUR: Final = 3_600
MAX_BODY_BYTES: Final = MAX_REPORT_BYTES
_KEY_BYTES: Final = 16
_VISIBLE_ASCII: Final = re.compile(r"[!-~]{1,128}")
# RFC 9110, 8.4.1.3: x-gzip is gzip.
_GZIP: Final = frozenset({"gzip", "x-gzip"})


class Post(Struct, frozen=True):
    """A request to keep a report: its body, and the headers that say how to read it."""

    content_type: str | None
    content_encoding: str | None
    idempotency_key: str | None
    body: bytes


def is_gzip(content_encoding: str | None) -> bool:
    """Whether a body of that Content-Encoding is compressed."""
    return (content_encoding or "").lower() in _GZIP


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
        return inflate(post.body, limit=MAX_BODY_BYTES, processor_seconds=processor_seconds)
    return post.body


def _report_key(cluster_id: str, idempotency_key: str) -> str:
    """Return the identity of a report. Collectors that share a database all compute the same."""
    digest = blake2b(digest_size=_KEY_BYTES, person=b"spartakus-report")
    # A cluster ID holds no NUL, so no two pairs of texts are hashed alike.
    digest.update(cluster_id.encode() + b"\0" + idempotency_key.encode())
    return digest.hexdigest()


def _fingerprint(encoded: bytes, stamp: str) -> bytes:
    # Without the stamp: a retry in the next hour is still the same report. No text of a report can
    # be taken for it, because the quotes in a text are escaped.
    unstamped = encoded.replace(b',"timestamp":"%s"' % stamp.encode(), b"", 1)
    return blake2b(unstamped, digest_size=_KEY_BYTES).digest()
