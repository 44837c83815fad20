"""Decodes `workloads` of a body of any size: what is counted is counted before it is built.

A number costs twelve times its bytes, so an array of them is measured by its commas first. What is
given twice is never built but for the last.
"""

from typing import Final

import msgspec
from msgspec import Raw, Struct

from report.field_types import RequiredText, Seconds
from report.located_decoding import check_length, decode_with, too_long
from report.workload_schema import (
    MAX_HISTOGRAM_BUCKETS,
    MAX_WORKLOAD_KINDS,
    Histogram,
    NamespaceCount,
    WorkloadKind,
    Workloads,
)

_AT: Final = "$.workloads"


class _Outline(Struct, frozen=True):
    """`Workloads` whose kinds are still undecoded JSON."""

    namespaces: NamespaceCount
    kinds: Raw = Raw(b"null")


class _KindOutline(Struct, frozen=True, rename="camel"):
    """A `WorkloadKind` whose histogram is still undecoded JSON."""

    kind: RequiredText
    per_namespace: Raw
    mean_age: Seconds | None = None
    median_age: Seconds | None = None


_OUTLINE: Final["msgspec.json.Decoder[_Outline | None]"] = msgspec.json.Decoder(_Outline | None)
_KINDS: Final["msgspec.json.Decoder[list[_KindOutline] | None]"] = msgspec.json.Decoder(
    list[_KindOutline] | None
)
_HISTOGRAM: Final["msgspec.json.Decoder[tuple[int, ...]]"] = msgspec.json.Decoder(Histogram)


def decode_workloads(data: Raw) -> Workloads | None:
    """Return the workloads in `data`, a JSON value of any size. Raises `InvalidReport`."""
    outline = decode_with(_OUTLINE, data, _AT)
    if outline is None:
        return None
    check_length(outline.kinds, f"{_AT}.kinds", MAX_WORKLOAD_KINDS)
    kinds = decode_with(_KINDS, outline.kinds, f"{_AT}.kinds")
    if kinds is None:
        return Workloads(namespaces=outline.namespaces)
    return Workloads(
        namespaces=outline.namespaces,
        kinds=tuple(_kind(kind, f"{_AT}.kinds[{index}]") for index, kind in enumerate(kinds)),
    )


def _kind(outline: _KindOutline, at: str) -> WorkloadKind:
    if bytes(outline.per_namespace).count(b",") >= MAX_HISTOGRAM_BUCKETS:
        raise too_long(f"{at}.perNamespace", MAX_HISTOGRAM_BUCKETS)
    return WorkloadKind(
        kind=outline.kind,
        per_namespace=decode_with(_HISTOGRAM, outline.per_namespace, f"{at}.perNamespace"),
        mean_age=outline.mean_age,
        median_age=outline.median_age,
    )
