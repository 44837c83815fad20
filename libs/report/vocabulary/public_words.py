"""Leaves out of a report the words that are not public: other clients send more than they should.

What a name of a resource costs does not depend on the name. It is public because it is listed, or
because it begins as a template does and matches it; only so many names of a report are compared
with templates, and only names that matched are remembered, so that strangers fill no cache.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final

import msgspec

from report import vocabulary
from report.errors import InvalidReport
from report.schema import Node, Report
from report.vocabulary.vocabularies import Vocabulary, read

MAX_RESOURCE_NAMES: Final = 4_096
"""Real clusters have some tens; where plugins name every device, hundreds."""
RESOURCE_NAMES_RULE: Final = f"a report names at most {MAX_RESOURCE_NAMES} different resources"
MAX_COMPARED: Final = 64
"""Names of a report that are compared with templates; twenty of the public ones have numbers."""
_REMEMBERED: Final = 512
_NODES_AT_ONCE: Final = 64
_NONE: Final[frozenset[str]] = frozenset()


_matched: Final[set[str]] = set()
"""Public names that match a template, of those that were there first."""


def without_unknown_words(received: Report) -> Report:
    """Return the report without unknown resources and kinds of workloads.

    Raises `InvalidReport` for more than `MAX_RESOURCE_NAMES`, before any is looked up.
    """
    return _without_unknown_kinds(_without_unknown_resources(received))


def unknown_resources(names: set[str]) -> frozenset[str]:
    """Return those of `names` that are not public."""
    listed, beginnings = _public_texts(Vocabulary.RESOURCES)
    unknown = names - listed - _matched
    if not unknown:
        return _NONE
    compared = [name for name in unknown if name.startswith(beginnings)][:MAX_COMPARED]
    matched = {name for name in compared if vocabulary.is_known_resource(name)}
    if len(_matched) < _REMEMBERED:
        _matched.update(matched)
    return frozenset(unknown - matched)


def _without_unknown_resources(received: Report) -> Report:
    if received.nodes is None:
        return received
    unknown = unknown_resources(_resource_names(received.nodes))
    if not unknown:
        return received
    kept = tuple(_without_resources(unknown, node) for node in received.nodes)
    return msgspec.structs.replace(received, nodes=kept)


def _resource_names(nodes: Sequence[Node]) -> set[str]:
    # Each name once: a report of a hundred nodes holds six names, six hundred times.
    names: set[str] = set()
    for start in range(0, len(nodes), _NODES_AT_ONCE):
        some = nodes[start : start + _NODES_AT_ONCE]
        names |= {each.resource for node in some for each in node.capacity or ()}
        if len(names) > MAX_RESOURCE_NAMES:
            raise InvalidReport("$.nodes", RESOURCE_NAMES_RULE)
    return names


def _without_resources(unknown: frozenset[str], node: Node) -> Node:
    kept = tuple([each for each in node.capacity or () if each.resource not in unknown])
    return msgspec.structs.replace(node, capacity=kept or None)


def _without_unknown_kinds(received: Report) -> Report:
    workloads = received.workloads
    if workloads is None or workloads.kinds is None:
        return received
    listed, _ = _public_texts(Vocabulary.WORKLOADS)
    kept = tuple(each for each in workloads.kinds if each.kind in listed)
    known = msgspec.structs.replace(workloads, kinds=kept or None)
    return msgspec.structs.replace(received, workloads=known)


@cache
def _public_texts(words: Vocabulary) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the texts that are listed as they are, and how all others begin."""
    file = read(words)
    templates = [file.stem + text for group in file.group for text in group.templates]
    listed = frozenset(text for text in templates if _beginning(text) == text)
    return listed, tuple({_beginning(text) for text in templates if text not in listed})


def _beginning(template: str) -> str:
    return template.partition("{")[0].partition("[")[0]
