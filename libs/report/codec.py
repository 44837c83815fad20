"""Bytes to `Report` and back. Decoding is total: a `Report`, or `InvalidReport` with path and rule.

Three things happen that msgspec alone does not do:

- What costs many times its bytes is counted before it is built, because msgspec applies
  `max_length` to a finished array. Nodes are cut out undecoded where a body may hold too many;
  workloads always. A number costs twelve times its bytes, so an array of them is measured by its
  commas first. An error says where in the whole body it is. Of what is given twice, only the last
  is built.
- What a client sends as `timestamp` is ignored unless it is UNIX seconds, whatever its type is:
  the original's v1.0.0 sends an empty string.
- Characters are settled for the whole body at once. A JSON text without DEL, without an escape
  other than those of the quote and the slash, and without a forbidden character beyond ASCII
  cannot hold a forbidden character, because JSON allows no raw C0 control in a string.

Every step costs at most a few nanoseconds for a byte of the body, whatever the body holds, because
a collector serves nobody else meanwhile (`tests/hostile/cost_test.py`).
"""

import re
from typing import Final, TypeVar

import msgspec
from msgspec import Raw, Struct, field

from report.errors import InvalidReport, ReportTooLarge
from report.field_types import (
    FORBIDDEN_IN_VALUE,
    ClusterID,
    OptionalText,
    ReporterVersion,
    RequiredText,
    Seconds,
    UnixSeconds,
)
from report.rules import check_characters, check_identity, is_unix_seconds
from report.schema import MAX_NODES, Extensions, Node, Nodes, Report
from report.workload_schema import (
    MAX_HISTOGRAM_BUCKETS,
    MAX_WORKLOAD_KINDS,
    Histogram,
    NamespaceCount,
    WorkloadKind,
    Workloads,
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


class _Place(Struct, gc=False):
    """An object of which nothing is kept: sixteen bytes, whatever it holds."""


class _Outline(Struct, frozen=True):
    """`Workloads` whose kinds are still undecoded JSON."""

    namespaces: NamespaceCount
    kinds: Raw = _ABSENT


class _KindOutline(Struct, frozen=True, rename="camel"):
    """A `WorkloadKind` whose histogram is still undecoded JSON."""

    kind: RequiredText
    per_namespace: Raw
    mean_age: Seconds | None = None
    median_age: Seconds | None = None


_WHOLE: Final = msgspec.json.Decoder(_Whole)
_UNCOUNTED: Final = msgspec.json.Decoder(_Uncounted)
_TIMESTAMP: Final["msgspec.json.Decoder[str | None]"] = msgspec.json.Decoder(UnixSeconds | None)
_NODES: Final["msgspec.json.Decoder[tuple[Node, ...] | None]"] = msgspec.json.Decoder(Nodes | None)
_PLACES: Final["msgspec.json.Decoder[list[_Place] | None]"] = msgspec.json.Decoder(
    list[_Place] | None
)
_OUTLINE: Final["msgspec.json.Decoder[_Outline | None]"] = msgspec.json.Decoder(_Outline | None)
_KINDS: Final["msgspec.json.Decoder[list[_KindOutline] | None]"] = msgspec.json.Decoder(
    list[_KindOutline] | None
)
_HISTOGRAM: Final["msgspec.json.Decoder[tuple[int, ...]]"] = msgspec.json.Decoder(Histogram)
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
_WHERE: Final = re.compile(r"(?P<rule>.*) - at `(?P<path>\$.*)`", re.DOTALL)
_WORKLOADS_AT: Final = "$.workloads"
_Decoded = TypeVar("_Decoded")


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
        workloads=None if received.workloads is _ABSENT else _decode_workloads(received.workloads),
        distribution=received.distribution,
    )


def _decode_with_nodes(body: bytes) -> tuple[_Received, Nodes | None]:
    if not _may_hold_too_many_nodes(body):
        whole = _decode_with(_WHOLE, body, "$")
        return whole, whole.nodes
    uncounted = _decode_with(_UNCOUNTED, body, "$")
    _check_length(uncounted.nodes, "$.nodes", MAX_NODES)
    return uncounted, _decode_with(_NODES, uncounted.nodes, "$.nodes")


def _unix_seconds(timestamp: Raw) -> str | None:
    try:
        text = _decode_with(_TIMESTAMP, timestamp, "$.timestamp")
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


def _decode_workloads(data: Raw) -> Workloads | None:
    """Return the workloads in `data`, a JSON value of any size. Raises `InvalidReport`."""
    outline = _decode_with(_OUTLINE, data, _WORKLOADS_AT)
    if outline is None:
        return None
    at = f"{_WORKLOADS_AT}.kinds"
    _check_length(outline.kinds, at, MAX_WORKLOAD_KINDS)
    kinds = _decode_with(_KINDS, outline.kinds, at)
    if kinds is None:
        return Workloads(namespaces=outline.namespaces)
    return Workloads(
        namespaces=outline.namespaces,
        kinds=tuple(_kind(kind, f"{at}[{index}]") for index, kind in enumerate(kinds)),
    )


def _kind(outline: _KindOutline, at: str) -> WorkloadKind:
    if bytes(outline.per_namespace).count(b",") >= MAX_HISTOGRAM_BUCKETS:
        raise _too_long(f"{at}.perNamespace", MAX_HISTOGRAM_BUCKETS)
    return WorkloadKind(
        kind=outline.kind,
        per_namespace=_decode_with(_HISTOGRAM, outline.per_namespace, f"{at}.perNamespace"),
        mean_age=outline.mean_age,
        median_age=outline.median_age,
    )


def _decode_with(decoder: "msgspec.json.Decoder[_Decoded]", data: bytes | Raw, at: str) -> _Decoded:
    """Decode, or raise `InvalidReport` with msgspec's own words for the rule."""
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as error:
        located = _WHERE.fullmatch(str(error))
        path, rule = (located["path"], located["rule"]) if located else ("$", str(error))
        raise InvalidReport(at + path.removeprefix("$"), rule) from error
    except UnicodeDecodeError as error:
        raise InvalidReport(at, "must be UTF-8") from error
    except RecursionError as error:
        raise InvalidReport(at, "is nested too deeply") from error
    except msgspec.DecodeError as error:
        raise InvalidReport(at, f"must be JSON: {error}") from error


def _check_length(data: Raw, at: str, at_most: int) -> None:
    """Count the objects of an array before they are built. Raises `InvalidReport` for more."""
    places = _decode_with(_PLACES, data, at)
    if places is not None and len(places) > at_most:
        raise _too_long(at, at_most)


def _too_long(at: str, at_most: int) -> InvalidReport:
    """Return the error of an array that has more than `at_most` elements, in msgspec's words."""
    return InvalidReport(at, f"Expected `array` of length <= {at_most}")
