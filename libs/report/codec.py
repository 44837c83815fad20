"""Bytes to `Report` and back. Decoding is total: a `Report`, or `InvalidReport` with path and rule.

Three things happen that msgspec alone does not do:

- What costs many times its bytes is counted before it is built, because msgspec applies
  `max_length` to a finished array. Nodes are cut out undecoded where a body may hold too many;
  workloads always.
- What a client sends as `timestamp` is ignored unless it is UNIX seconds, whatever its type is:
  the original's v1.0.0 sends an empty string.
- Characters are settled for the whole body at once. A JSON text without DEL, without an escape
  other than those of the quote and the slash, and without a forbidden character beyond ASCII
  cannot hold a forbidden character, because JSON allows no raw C0 control in a string.

Every step costs at most a few nanoseconds for a byte of the body, whatever the body holds, because
a collector serves nobody else meanwhile (`tests/hostile/cost_test.py`).
"""

import re
from typing import Final

import msgspec
from msgspec import Raw, Struct, field

from report.errors import InvalidReport, ReportTooLarge
from report.field_types import (
    FORBIDDEN_IN_VALUE,
    ClusterID,
    OptionalText,
    ReporterVersion,
    UnixSeconds,
)
from report.partial_decoding import check_length, decode_with, decode_workloads
from report.rules import check_characters, check_identity, is_unix_seconds
from report.schema import (
    MAX_NODES,
    Extensions,
    Node,
    Nodes,
    Report,
)

MAX_REPORT_BYTES: Final = 8 * 1024 * 1024
"""Size of a report as compact JSON, so that every warehouse takes every accepted report."""


_ABSENT: Final = Raw(b"null")


class _Received(Struct, frozen=True, kw_only=True, rename="camel"):
    """A `Report` without its nodes, of which what is decoded apart is still undecoded JSON."""

    version: ReporterVersion
    timestamp: Raw = _ABSENT
    cluster_id: ClusterID = field(name="clusterID")
    master_version: OptionalText | None = None
    extensions: Extensions | None = None
    workloads: Raw = _ABSENT
    distribution: OptionalText | None = None


class _Whole(_Received, frozen=True, kw_only=True, rename="camel"):
    """What cannot have too many nodes."""

    nodes: Nodes | None = None


class _Uncounted(_Received, frozen=True, kw_only=True, rename="camel"):
    """What may have too many nodes: they are undecoded as well."""

    nodes: Raw = _ABSENT


_WHOLE: Final = msgspec.json.Decoder(_Whole)
_UNCOUNTED: Final = msgspec.json.Decoder(_Uncounted)
_TIMESTAMP: Final["msgspec.json.Decoder[str | None]"] = msgspec.json.Decoder(UnixSeconds | None)
_NODES: Final["msgspec.json.Decoder[tuple[Node, ...] | None]"] = msgspec.json.Decoder(Nodes | None)
_ENCODER: Final = msgspec.json.Encoder()

_LARGE_BYTES: Final = MAX_NODES * len('{"id":"1"},')
"""A smaller body has no room for too many nodes."""
_DELETE: Final = 0x7F
_BACKSLASH: Final = 0x5C
_ESCAPED_LETTER: Final = rb"\u00"
"""How JSON begins the escape of any letter of a field's name."""
# An escape that may stand for more than a quote or a slash.
_TELLING_ESCAPE: Final = re.compile(rb'\\[^"/]')
_FORBIDDEN: Final = re.compile(FORBIDDEN_IN_VALUE)


def encode(report: Report) -> bytes:
    """Return `report` as compact JSON. Raises `ReportTooLarge` beyond `MAX_REPORT_BYTES`."""
    encoded = _ENCODER.encode(report)
    if len(encoded) > MAX_REPORT_BYTES:
        raise ReportTooLarge("$", f"must be at most {MAX_REPORT_BYTES} bytes as compact JSON")
    return encoded


def decode(body: bytes) -> Report:
    """Return the report in `body`, UTF-8 JSON of any size.

    Raises `InvalidReport` for whatever else the bytes are. Unknown fields are dropped. Takes at
    most 8 bytes of memory for a byte of `body`, and a constant.
    """
    report = _decode_types(body)
    check_identity(report)
    if _may_hold_forbidden_characters(body):
        check_characters(report)
    return report


def _decode_types(body: bytes) -> Report:
    received, nodes = _decode_with_nodes(body)
    return Report(
        version=received.version,
        timestamp=_unix_seconds(received.timestamp),
        cluster_id=received.cluster_id,
        master_version=received.master_version,
        nodes=nodes,
        extensions=received.extensions,
        workloads=None if received.workloads is _ABSENT else decode_workloads(received.workloads),
        distribution=received.distribution,
    )


def _decode_with_nodes(body: bytes) -> tuple[_Received, Nodes | None]:
    if not _may_hold_too_many_nodes(body):
        whole = decode_with(_WHOLE, body, "$")
        return whole, whole.nodes
    uncounted = decode_with(_UNCOUNTED, body, "$")
    check_length(uncounted.nodes, "$.nodes", MAX_NODES)
    return uncounted, decode_with(_NODES, uncounted.nodes, "$.nodes")


def _unix_seconds(timestamp: Raw) -> str | None:
    try:
        text = decode_with(_TIMESTAMP, timestamp, "$.timestamp")
    except InvalidReport:
        return None
    return text if text is not None and is_unix_seconds(text) else None


def _may_hold_too_many_nodes(body: bytes) -> bool:
    """Whether `body` is large and may name `id`, which every node must have, too often."""
    if len(body) <= _LARGE_BYTES:
        return False
    return body.count(b'"id"') > MAX_NODES or (_BACKSLASH in body and _ESCAPED_LETTER in body)


def _may_hold_forbidden_characters(body: bytes) -> bool:
    if _DELETE in body or (_BACKSLASH in body and _TELLING_ESCAPE.search(body) is not None):
        return True
    # As text, because an expression over UTF-8 takes five times as long on the worst of bodies.
    return not body.isascii() and _FORBIDDEN.search(body.decode(errors="replace")) is not None
