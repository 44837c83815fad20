"""Decodes parts of a document of any size: what is counted is counted before it is built, and an
error says where in the whole document it is.

A number costs twelve times its bytes, so an array of them is measured by its commas first. Of what
is given twice, only the last is built.
"""

import re
from typing import Final, TypeVar

import msgspec
from msgspec import Raw, Struct

from report.errors import InvalidReport
from report.field_types import RequiredText, Seconds
from report.workload_schema import (
    MAX_HISTOGRAM_BUCKETS,
    MAX_WORKLOAD_KINDS,
    Histogram,
    NamespaceCount,
    WorkloadKind,
    Workloads,
)

_WHERE: Final = re.compile(r"(?P<rule>.*) - at `(?P<path>\$.*)`", re.DOTALL)
_AT: Final = "$.workloads"
_Decoded = TypeVar("_Decoded")


def decode_with(decoder: "msgspec.json.Decoder[_Decoded]", data: bytes | Raw, at: str) -> _Decoded:
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


class _Place(Struct, gc=False):
    """An object of which nothing is kept: sixteen bytes, whatever it holds."""


_PLACES: Final["msgspec.json.Decoder[list[_Place] | None]"] = msgspec.json.Decoder(
    list[_Place] | None
)


def check_length(data: Raw, at: str, at_most: int) -> None:
    """Count the objects of an array before they are built. Raises `InvalidReport` for more."""
    places = decode_with(_PLACES, data, at)
    if places is not None and len(places) > at_most:
        raise _too_long(at, at_most)


def _too_long(at: str, at_most: int) -> InvalidReport:
    """Return the error of an array that has more than `at_most` elements, in msgspec's words."""
    return InvalidReport(at, f"Expected `array` of length <= {at_most}")


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
        raise _too_long(f"{at}.perNamespace", MAX_HISTOGRAM_BUCKETS)
    return WorkloadKind(
        kind=outline.kind,
        per_namespace=decode_with(_HISTOGRAM, outline.per_namespace, f"{at}.perNamespace"),
        mean_age=outline.mean_age,
        median_age=outline.median_age,
    )
