"""Bytes to `Report` and back. Decoding is total: a `Report`, or `InvalidReport` with path and rule.

Nearly every report is decoded in one pass. Three things happen that msgspec alone does not do:

- Nodes are counted before they are built. msgspec applies `max_length` to a finished array, and a
  tiny node costs seventeen times its bytes; so a body that may hold too many is first cut into an
  envelope, whose nodes are counted, and then decoded, apart. So it is with workloads.
- What a client sends as `timestamp` is ignored unless it is UNIX seconds, whatever its type is:
  the original's v1.0.0 sends an empty string.
- Characters are settled for the whole body at once. A JSON text without DEL, without an escape
  other than those of the quote and the slash, and without the bytes of a bidi or separator control
  cannot hold a forbidden character, because JSON allows no raw control character in a string.
"""

import re
from typing import Final

import msgspec
from msgspec import Raw, Struct, field

from report.errors import InvalidReport, ReportTooLarge
from report.field_types import ClusterID, OptionalText, ReporterVersion, UnixSeconds
from report.located_decoding import check_length, decode_with
from report.rules import check_characters, check_identity, is_unix_seconds
from report.schema import (
    MAX_NODES,
    Extensions,
    Node,
    Nodes,
    Report,
)
from report.workload_decoding import decode_workloads

MAX_REPORT_BYTES: Final = 8 * 1024 * 1024
"""Size of a report as compact JSON, so that every database takes every accepted report."""


class _Envelope(Struct, frozen=True, kw_only=True, rename="camel"):
    """A `Report` of which what costs most is still undecoded JSON; a `null` is such JSON too."""

    version: ReporterVersion
    timestamp: Raw = Raw(b"null")
    cluster_id: ClusterID = field(name="clusterID")
    master_version: OptionalText | None = None
    nodes: Raw = Raw(b"null")
    extensions: Extensions | None = None
    workloads: Raw = Raw(b"null")
    distribution: OptionalText | None = None


_REPORT: Final = msgspec.json.Decoder(Report)
_ENVELOPE: Final = msgspec.json.Decoder(_Envelope)
_TIMESTAMP: Final["msgspec.json.Decoder[str | None]"] = msgspec.json.Decoder(UnixSeconds | None)
_NODES: Final["msgspec.json.Decoder[tuple[Node, ...] | None]"] = msgspec.json.Decoder(Nodes | None)
_ENCODER: Final = msgspec.json.Encoder()

_SMALLEST_NODE_BYTES: Final = len('{"id":"1"},')
_DELETE: Final = 0x7F
_BACKSLASH: Final = 0x5C
_ESCAPED_LETTER: Final = rb"\u00"
"""How JSON begins the escape of any letter of a field's name."""
# An escape that may stand for more than a quote or a slash.
_TELLING_ESCAPE: Final = re.compile(rb'\\[^"/]')
# U+2028..U+202E and U+2066..U+2069 in UTF-8.
_SEPARATOR_OR_BIDI: Final = re.compile(rb"\xe2(?:\x80[\xa8-\xae]|\x81[\xa6-\xa9])")


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
    if report.timestamp is not None and not is_unix_seconds(report.timestamp):
        report = msgspec.structs.replace(report, timestamp=None)
    check_identity(report)
    if _may_hold_forbidden_characters(body):
        check_characters(report)
    return report


def _decode_types(body: bytes) -> Report:
    if _may_hold_too_much(body):
        return _decode_in_parts(body)
    try:
        return decode_with(_REPORT, body, "$")
    except InvalidReport as error:
        if error.path != "$.timestamp":
            raise
        return _decode_in_parts(body)


def _decode_in_parts(body: bytes) -> Report:
    """Decode what `_REPORT` may not: a timestamp of any type, nodes and workloads of any number."""
    envelope = decode_with(_ENVELOPE, body, "$")
    check_length(envelope.nodes, "$.nodes", MAX_NODES)
    return Report(
        version=envelope.version,
        timestamp=_unix_seconds(envelope.timestamp),
        cluster_id=envelope.cluster_id,
        master_version=envelope.master_version,
        nodes=decode_with(_NODES, envelope.nodes, "$.nodes"),
        extensions=envelope.extensions,
        workloads=decode_workloads(envelope.workloads),
        distribution=envelope.distribution,
    )


def _unix_seconds(timestamp: Raw) -> str | None:
    try:
        return decode_with(_TIMESTAMP, timestamp, "$.timestamp")
    except InvalidReport:
        return None


def _may_hold_too_much(body: bytes) -> bool:
    """Whether `body` is large and may name `workloads`, or `id`, which every node must have, more
    than `MAX_NODES` times.
    """
    if len(body) <= MAX_NODES * _SMALLEST_NODE_BYTES:
        return False
    if b'"workloads"' in body or _ESCAPED_LETTER in body:
        return True
    return body.count(b'"id"') > MAX_NODES


def _may_hold_forbidden_characters(body: bytes) -> bool:
    return (
        _DELETE in body
        or (_BACKSLASH in body and _TELLING_ESCAPE.search(body) is not None)
        or (not body.isascii() and _SEPARATOR_OR_BIDI.search(body) is not None)
    )
