"""What each question reads of a report: keys, from which its answers follow.

A key is a text of the report, or a number made of some. The databases read the same keys in their
own language, and count them; what a key means as an answer is said once, in `questions`. So
everything here is plain enough to be said in SQL: beginnings of texts, regular expressions without
lookaround, sums of integers. An empty key is one that the report does not have.
"""

import re
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from census import words
from census.quantities import THOUSAND, thousandths
from census.words import NONE, SEVERAL, UNKNOWN
from report.schema import Node, Report

TEXT_READ: Final = 80
"""How many characters of a text are read: no answer is longer."""

FIRST_MINOR: Final = r"v?0?1\.([0-9]{1,2})(?:[^0-9]|$)"
"""What a version of Kubernetes begins with whose minor is compared with others."""

MOST: Final = 1 << 20
"""The largest number that is told apart from larger ones."""

PLACES: Final = MOST.bit_length() + 1
"""How many places of a histogram are read."""

Keys: TypeAlias = list[tuple[str, int]]
"""Keys, each with its weight."""

Read: TypeAlias = Callable[[Report], Keys]

_FIRST_MINOR: Final = re.compile(FIRST_MINOR)


def _cut(text: str | None) -> str:
    return (text or "")[:TEXT_READ]


def _nodes(report: Report) -> tuple[Node, ...]:
    return report.nodes or ()


def once(read: Callable[[Report], str | int | None]) -> Read:
    """Return what reads one key; numbers as their digits."""

    def keys(report: Report) -> Keys:
        found = read(report)
        return [("" if found is None else _cut(str(found)), 1)]

    return keys


def by_node(read: Callable[[Node], str | None]) -> Read:
    """Return what reads a key of each node, all of one weight."""
    return lambda report: [(_cut(read(node)), 1) for node in _nodes(report)]


def amount(resource: str) -> Callable[[Node], str | None]:
    """Return what reads a node's capacity of a resource: the first, where it is listed twice."""

    def read(node: Node) -> str | None:
        listed = (each.value for each in node.capacity or () if each.resource == resource)
        return next(listed, None)

    return read


def in_all(resource: str, unit: int) -> Read:
    """Return what reads the capacity of all nodes together, in whole units."""
    read = amount(resource)

    def total(report: Report) -> int | None:
        sizes = [thousandths(_cut(read(node))) for node in _nodes(report)]
        known = [each for each in sizes if each is not None]
        return min(sum(known) // (THOUSAND * unit), MOST) if known else None

    return once(total)


def skew(report: Report) -> str:
    """Return the minors of the control plane and of the oldest kubelet: `30 28`."""
    server = _first_minor(report.master_version)
    kubelets = [_first_minor(node.kubelet_version) for node in _nodes(report)]
    oldest = min((each for each in kubelets if each is not None), default=None)
    return "" if server is None or oldest is None else f"{server} {oldest}"


def _first_minor(version: str | None) -> int | None:
    found = _FIRST_MINOR.match(_cut(version))
    return int(found[1]) if found else None


def _the_one(texts: Iterable[str], *, none: str) -> str:
    seen = set(texts)
    return SEVERAL if len(seen) > 1 else next(iter(seen), none)


def provider(report: Report) -> str:
    """Return the provider of all nodes."""
    return _the_one((_cut(node.cloud_provider) or UNKNOWN for node in _nodes(report)), none="")


def control_plane_nodes(report: Report) -> int | None:
    """Return how many there are; None where no node has a role."""
    roles = [node.role for node in _nodes(report)]
    return roles.count("control-plane") if any(roles) else None


def accelerators(report: Report) -> str:
    """Return the vendor of all accelerators; empty where no node has a capacity."""
    listed = [each for node in _nodes(report) for each in node.capacity or ()]
    if not listed:
        return ""
    vendors = (
        words.accelerator_vendor(_cut(each.resource))
        for each in listed
        if thousandths(_cut(each.value))
    )
    return _the_one(filter(None, vendors), none=NONE)


def namespaces(report: Report) -> int | None:
    """Return how many there are."""
    return min(report.workloads.namespaces.count, MOST) if report.workloads else None


def pods(report: Report) -> Keys:
    """Return the places of the histogram of pods, weighed by how many namespaces are in each."""
    kinds = (report.workloads and report.workloads.kinds) or ()
    histogram = next((each.per_namespace for each in kinds if each.kind == "pods"), ())
    return [(str(place), min(count, MOST)) for place, count in enumerate(histogram[:PLACES])]
