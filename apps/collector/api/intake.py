"""From a posted body to a report fit for the spool. Pure: clock and randomness are arguments."""

import re
from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from typing import Final

import msgspec
from msgspec import Struct

import report
from collector.api.compression import inflate
from collector.errors import (
    BodyTooLarge,
    InvalidIdempotencyKey,
    UnsupportedContentEncoding,
    UnsupportedContentType,
)
from collector.records import AcceptedReport, cluster_tag
from report import MAX_REPORT_BYTES, Node, Report, vocabulary

SECONDS_PER_HOUR: Final = 3_600
MAX_BODY_BYTES: Final = MAX_REPORT_BYTES
_KEY_BYTES: Final = 16
_VISIBLE_ASCII: Final = re.compile(r"[!-~]{1,128}")
# Reports name the same few resources for ever, so each name is looked up once.
_is_known_resource: Final = lru_cache(maxsize=4_096)(vocabulary.is_known_resource)


class Post(Struct, frozen=True):
    """A request to keep a report: its body, and the headers that say how to read it."""

    content_type: str | None
    content_encoding: str | None
    idempotency_key: str | None
    body: bytes


def accept(post: Post, *, now: float, random_bytes: Callable[[int], bytes]) -> AcceptedReport:
    """Return the report of `post` as it will be kept. `now` is UNIX seconds.

    Kept is the re-encoded valid report, never the received bytes; without capacities of unknown
    resources and workloads of unknown kinds, because other clients may send more than they should;
    and stamped with the hour, so that a proxy's access log cannot be joined to it.
    Raises a `Refusal` or `report.InvalidReport`.
    """
    _check_headers(post)
    received = _without_unknown_words(report.decode(_content(post)))
    hour = int(now // SECONDS_PER_HOUR) * SECONDS_PER_HOUR
    encoded = report.encode(msgspec.structs.replace(received, timestamp=str(hour)))
    if post.idempotency_key is None:
        return AcceptedReport(random_bytes(_KEY_BYTES).hex(), hour, encoded, None)
    key = _report_key(received.cluster_id, post.idempotency_key)
    tag = cluster_tag(received.cluster_id)
    return AcceptedReport(key, hour, encoded, _fingerprint(received), tag)


def _check_headers(post: Post) -> None:
    media_type = (post.content_type or "").partition(";")[0].strip()
    if media_type.lower() != "application/json":
        raise UnsupportedContentType
    if (post.content_encoding or "identity").lower() not in {"identity", "gzip"}:
        raise UnsupportedContentEncoding
    if post.idempotency_key is not None and not _VISIBLE_ASCII.fullmatch(post.idempotency_key):
        raise InvalidIdempotencyKey


def _content(post: Post) -> bytes:
    if len(post.body) > MAX_BODY_BYTES:
        raise BodyTooLarge(MAX_BODY_BYTES)
    if (post.content_encoding or "").lower() == "gzip":
        return inflate(post.body, limit=MAX_BODY_BYTES)
    return post.body


def _without_unknown_words(received: Report) -> Report:
    return _without_unknown_kinds(_without_unknown_resources(received))


def _without_unknown_resources(received: Report) -> Report:
    # Each name once: a report of a hundred nodes holds six names, six hundred times.
    names = {each.resource for node in received.nodes or () for each in node.capacity or ()}
    unknown = frozenset(name for name in names if not _is_known_resource(name))
    if received.nodes is None or not unknown:
        return received
    kept = tuple(_without_resources(unknown, node) for node in received.nodes)
    return msgspec.structs.replace(received, nodes=kept)


def _without_resources(unknown: frozenset[str], node: Node) -> Node:
    kept = tuple(each for each in node.capacity or () if each.resource not in unknown)
    return msgspec.structs.replace(node, capacity=kept or None)


def _without_unknown_kinds(received: Report) -> Report:
    workloads = received.workloads
    if workloads is None or workloads.kinds is None:
        return received
    kept = tuple(each for each in workloads.kinds if vocabulary.is_known_workload_kind(each.kind))
    known = msgspec.structs.replace(workloads, kinds=kept or None)
    return msgspec.structs.replace(received, workloads=known)


def _report_key(cluster_id: str, idempotency_key: str) -> str:
    """Return the identity of a report. Collectors that share a database all compute the same."""
    digest = blake2b(digest_size=_KEY_BYTES, person=b"spartakus-report")
    # A cluster ID holds no NUL, so no two pairs of texts are hashed alike.
    digest.update(cluster_id.encode() + b"\0" + idempotency_key.encode())
    return digest.hexdigest()


def _fingerprint(received: Report) -> bytes:
    # Without the stamp: a retry in the next hour is still the same report.
    unstamped = report.encode(msgspec.structs.replace(received, timestamp=None))
    return blake2b(unstamped, digest_size=_KEY_BYTES).digest()
