"""`POST /api/v1`: from a request to a report fit for the spool, and what that may cost.

Pure: clock, randomness and the group are arguments. The cost is counted in bytes of JSON: whatever
they hold, each takes some 20 nanoseconds of the one thread that serves
(`tests/hostile/cost_test.py` searches for worse). A compressed body counts by what it becomes.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

import falcon
import msgspec
from msgspec import Struct

import report
from collector.errors import (
    BodyTooLarge,
    InvalidIdempotencyKey,
    Refusal,
    UnsupportedContentEncoding,
    UnsupportedContentType,
)
from collector.http import LARGE_BODY_BYTES
from collector.http.decompression import decompress
from collector.http.dispatcher import GroupCommit
from collector.http.rate_limit import Forwarding, RateLimit
from collector.http.request import Request
from collector.records import AcceptedReport, cluster_tag
from report import MAX_REPORT_BYTES
from report.vocabulary.public_words import without_unknown_words

SECONDS_PER_HOUR: Final = 3_600
MAX_BODY_BYTES: Final = MAX_REPORT_BYTES
DECOMPRESSED_AT_ONCE_BYTES: Final = 16 * 1024
"""A longer compressed body may become anything: to find out would take milliseconds."""
_KEY_BYTES: Final = 16
_VISIBLE_ASCII: Final = re.compile(r"[!-~]{1,128}")
# RFC 9110, 8.4.1.3: x-gzip is gzip.
_GZIP_NAMES: Final = frozenset({"gzip", "x-gzip"})


@dataclass(frozen=True)
class Reports:
    """`POST /api/v1`: one report."""

    group: GroupCommit
    rate_limit: RateLimit | None
    clock: Callable[[], float]
    random_bytes: Callable[[int], bytes]

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        """Accept a report. The 204 is true, and sent, once the group is committed."""
        environ = request.env
        if self.rate_limit is not None:
            self.rate_limit.admit(
                request.remote_addr,
                Forwarding(environ.get("HTTP_X_FORWARDED_FOR"), environ.get("HTTP_FORWARDED")),
            )
        post = Post(
            content_type=environ.get("CONTENT_TYPE"),
            content_encoding=environ.get("HTTP_CONTENT_ENCODING"),
            idempotency_key=environ.get("HTTP_IDEMPOTENCY_KEY"),
            # The stream ends with the body. One byte more than allowed is enough to be refused.
            body=request.stream.read(MAX_BODY_BYTES + 1),
        )
        self.group.add(accept(post, now=self.clock(), random_bytes=self.random_bytes))
        response.status = falcon.HTTP_204


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
