"""What a report would say, for people: each field, its values, and why it is anonymous.

Pure text; the values come from the finished report, so what is shown is what would be sent.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from report import Node, Report, Withheld, Workloads
from report.disclosure import NEVER_SENT
from report.pseudonym import PseudonymSource
from volunteer.reporting.prepare import Prepared

_MOST_VALUES: Final = 8
_WIDEST_VALUE: Final = 100
_PUBLIC_WORD: Final = "a word of a public vocabulary, the same in many clusters"
_VERSION: Final = "numbers and publicly known suffixes only"
_AS_IT_IS: Final = "as it is in the cluster, because you asked for it with --verbatim"

PSEUDONYM_KEYS: Final = {
    PseudonymSource.SECRET: "BLAKE2b, keyed with the secret of --key-file",
    PseudonymSource.CLUSTER_UID: (
        "BLAKE2b, keyed with the UID of the namespace kube-system, which the operator of a managed"
        " cluster knows too; --key-file is stronger"
    ),
    PseudonymSource.NONE: (
        "random, and another in every report, for want of a key; with --key-file it stays"
    ),
}
"""How the pseudonyms of nodes are protected, in words."""

_SHOWN_APART: Final = {"id", "capacity"}
_WHY_NODE_TEXT: Final = {
    "kernelVersion": _VERSION,
    "containerRuntimeVersion": _VERSION,
    "kubeletVersion": _VERSION,
    "cloudProvider": "the scheme of providerID, where known",
    "role": "one of two words, by Kubernetes' own label keys",
}
"""Why a text of a node is anonymous, where it is not a public word as all others are."""


def render(
    prepared: Prepared,
    *,
    destination: str,
    headers: Sequence[str],
    warnings: Sequence[str],
    verbatim: frozenset[str],
    chose_cluster_id: bool,
) -> str:
    """Return the preview, ready to be printed.

    `destination` completes the sentence "would go …"; `headers` are those of the request, if there
    is one, and `warnings` those of a run; `verbatim` holds wire names; `chose_cluster_id` says that
    the cluster ID is the user's own and not derived.
    """
    report = prepared.anonymised.report
    sections = (
        [f"This report would go {destination}. Nothing has been sent."],
        _indented("Warnings", warnings),
        _indented("Headers of the request that would carry it", headers),
        _cluster(report, verbatim, chose_cluster_id=chose_cluster_id),
        _nodes(report.nodes or (), prepared.pseudonym_source, verbatim),
        _extensions(report),
        _workloads(report.workloads),
        ["Withheld", *_withheld(prepared.anonymised.withheld)],
        _indented("Never sent, whatever the flags", NEVER_SENT),
        [f"Size: {len(prepared.body)} bytes before padding; `preview --json` prints them exactly."],
    )
    texts = ("\n".join(section) for section in sections)
    return "\n\n".join(text for text in texts if text) + "\n"


def _indented(title: str, lines: Iterable[str]) -> list[str]:
    lines = [f"  {_shown(line)}" for line in lines]
    return [title, *lines] if lines else []


def _cluster(report: Report, verbatim: frozenset[str], *, chose_cluster_id: bool) -> list[str]:
    origin = (
        "what you chose with --cluster-id" if chose_cluster_id else "derived; it cannot be reversed"
    )
    why_master_version = _why("masterVersion", _VERSION, verbatim)
    return [
        "Cluster",
        *_field("version", [report.version], "the volunteer's own version"),
        *_field("timestamp", [report.timestamp], "UNIX seconds; a collector keeps its own hour"),
        *_field("clusterID", [report.cluster_id], origin),
        *_field("masterVersion", [report.master_version], why_master_version),
        *_field("distribution", [report.distribution], _PUBLIC_WORD),
    ]


def _nodes(
    nodes: Sequence[Node], source: PseudonymSource, verbatim: frozenset[str]
) -> Iterator[str]:
    yield f"Nodes: {len(nodes)}"
    yield from _field("id", [node.id for node in nodes], f"a pseudonym: {PSEUDONYM_KEYS[source]}")
    for name, attribute in zip(Node.__struct_encode_fields__, Node.__struct_fields__, strict=True):
        if name not in _SHOWN_APART:
            values = [getattr(node, attribute) for node in nodes]
            why = _why(name, _WHY_NODE_TEXT.get(name, _PUBLIC_WORD), verbatim)
            yield from _field(name, values, why)
    why = _why(
        "capacity", "public names of resources, with quantities; sizes to two digits", verbatim
    )
    yield from _field("capacity", _capacities(nodes), why)


def _capacities(nodes: Iterable[Node]) -> list[str | None]:
    return [
        f"{resource.resource}: {resource.value}"
        for node in nodes
        for resource in node.capacity or ()
    ]


def _extensions(report: Report) -> list[str]:
    if not report.extensions:
        return []
    return [
        "Extensions: your own words, sent as they are",
        *(f"  {_shown(f'{found.name}: {found.value}')}" for found in report.extensions),
    ]


def _workloads(workloads: Workloads | None) -> Iterator[str]:
    if workloads is None:
        return
    namespaces = workloads.namespaces
    yield "Workloads: numbers only, because you asked for them with --include"
    yield from _field("namespaces.count", [str(namespaces.count)], "a number, and no name")
    yield from _ages("namespaces", namespaces.mean_age, namespaces.median_age)
    for kind in workloads.kinds or ():
        yield from _field(
            f"{kind.kind}.perNamespace",
            [_in_buckets(kind.per_namespace)],
            "how many namespaces have so many, in steps of powers of two",
        )
        yield from _ages(kind.kind, kind.mean_age, kind.median_age)


def _ages(of: str, mean: int | None, median: int | None) -> Iterator[str]:
    for name, age in (("meanAge", mean), ("medianAge", median)):
        yield from _field(
            f"{of}.{name}", [None if age is None else str(age)], "seconds, to two digits"
        )


def _in_buckets(histogram: Sequence[int]) -> str:
    """Return a histogram as text: `12 with 0, 3 with 1, 1 with 2-3`."""
    return ", ".join(
        f"{count} with {_bucket(index)}" for index, count in enumerate(histogram) if count
    )


def _bucket(index: int) -> str:
    fewest, most = (1 << index) >> 1, (1 << index) - 1
    return str(fewest) if fewest == most else f"{fewest}-{most}"


def _withheld(withheld: Iterable[Withheld]) -> list[str]:
    lines = [
        f"  {found.field} ({found.count}x): {found.rule}; "
        + (f"{found.flag} sends it" if found.flag else "no flag sends it")
        for found in withheld
    ]
    return lines or ["  nothing: every value was recognised"]


def _field(name: str, values: Iterable[str | None], why: str) -> Iterator[str]:
    """Yield a field with its different values, the most frequent first."""
    counts = Counter(value for value in values if value is not None)
    if not counts:
        yield f"  {name}: not sent"
        return
    yield f"  {name}: {why}"
    for value, count in counts.most_common(_MOST_VALUES):
        yield f"      {_shown(value)}" + (f"  ({count}x)" if count > 1 else "")
    if len(counts) > _MOST_VALUES:
        yield f"      and {len(counts) - _MOST_VALUES} other values (`preview --json` has all)"


def _why(name: str, why: str, verbatim: frozenset[str]) -> str:
    return _AS_IT_IS if name in verbatim else why


def _shown(text: str) -> str:
    """Return `text` on one line that a terminal cannot mistake for a command to itself."""
    line = "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )
    return line if len(line) <= _WIDEST_VALUE else f"{line[:_WIDEST_VALUE]}…"
