"""The questions of the census: each has fixed, finite answers, and a cluster one vote in each."""

import re
from collections import Counter
from collections.abc import Callable
from functools import cached_property
from typing import Final

from census import reading, words
from census.quantities import THOUSAND, step, steps, thousandths
from census.reading import MOST, Read, amount, by_node, in_all, once
from census.words import NONE, OTHER, SEVERAL, UNKNOWN
from report.schema import Report
from report.vocabulary.vocabularies import Vocabulary

UNIT: Final = 1 << 32
"""A whole vote. Votes are counted in 2^-32 of one, so that sums of split votes stay integers."""

_MINOR: Final = re.compile(r"v?([0-9]{1,2})\.([0-9]{1,2})(?![0-9])")
_RUNTIME: Final = re.compile(r"([A-Za-z-]{1,32})://v?([0-9]{1,2})\.([0-9]{1,2})(?![0-9])")
_OLDEST_SKEW: Final = 4
_NEWER: Final = "newer"
_LARGEST_NODES: Final = 1 << 14
_LARGEST_NODE: Final = 1 << 12
GIB: Final = 1 << 30


class Question:
    """One question: `read` says which keys a report has, `answered` what one means."""

    def __init__(
        self,
        name: str,
        title: str,
        answers: tuple[str, ...],
        read: Read,
        answered: Callable[[str], str] = str,
    ) -> None:
        self.name = name
        self.title = title
        self._answers = answers
        self._read = read
        self._answered = answered

    @cached_property
    def answers(self) -> tuple[str, ...]:
        """All answers, in the order in which they are shown."""
        return tuple(dict.fromkeys((*self._answers, OTHER, UNKNOWN)))

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.answers)

    def answer(self, key: str) -> str:
        """Return the answer that a key means."""
        answer = self._answered(key) if key else UNKNOWN
        return answer if answer in self._known else OTHER

    def vote(self, report: Report, *, parts: int = 1) -> dict[str, int]:
        """Return a cluster's vote, or one of so many equal parts of it: units by answer.

        None is negative. Keys share the vote by their weights; each share is rounded down, so
        they add up to at most UNIT. A vector without negative parts is no longer in L2 than the
        sum of its parts: no cluster moves a question by more than one vote, however many nodes it
        has and whatever they say.
        """
        keys = self._read(report)
        total = sum(weight for _, weight in keys)
        if total <= 0:
            keys, total = [("", 1)], 1
        votes = Counter[str]()
        for key, weight in keys:
            if weight:
                votes[self.answer(key)] += UNIT * weight // (total * parts)
        return dict(votes)


def _minor(version: str) -> str:
    found = _MINOR.match(version)
    return f"{int(found[1])}.{int(found[2])}" if found else OTHER


def _skew(key: str) -> str:
    server, _, oldest = key.partition(" ")
    behind = int(server) - int(oldest)
    if behind < 0:
        return _NEWER
    return str(behind) if behind < _OLDEST_SKEW else f"{_OLDEST_SKEW} or more"


def _runtime(key: str) -> str:
    found = _RUNTIME.match(key)
    return f"{found[1]} {int(found[2])}.{int(found[3])}" if found else OTHER


def _stepped(largest: int) -> Callable[[str], str]:
    return lambda key: step(int(key), largest)


def _sized(unit: int) -> Callable[[str], str]:
    """Return what reads a key that is a quantity, in whole units."""

    def answered(key: str) -> str:
        size = thousandths(key)
        return UNKNOWN if size is None else step(size // (THOUSAND * unit), _LARGEST_NODE)

    return answered


def _namespace(place: str) -> str:
    return step((1 << int(place)) >> 1, MOST)


_SKEWS: Final = (_NEWER, *map(str, range(_OLDEST_SKEW)), f"{_OLDEST_SKEW} or more")
_plain = words.plain

CLUSTERS: Final = Question("clusters", "Clusters", ("clusters",), once(lambda _: "clusters"))

QUESTIONS: Final = (
    CLUSTERS,
    Question(
        "kubernetes",
        "Version of the control plane",
        words.kubernetes_minors(),
        once(lambda report: report.master_version),
        _minor,
    ),
    Question(
        "skew",
        "Version skew of the oldest kubelet",
        _SKEWS,
        once(reading.skew),
        _skew,
    ),
    Question(
        "distribution",
        "Distribution",
        words.distribution_words(),
        once(lambda report: report.distribution),
    ),
    Question(
        "provider",
        "Cloud provider",
        (*_plain(Vocabulary.CLOUD_PROVIDERS), SEVERAL),
        once(reading.provider),
    ),
    Question(
        "operatingSystem",
        "Operating system",
        _plain(Vocabulary.OPERATING_SYSTEMS),
        by_node(lambda node: node.operating_system),
    ),
    Question(
        "osImage",
        "Operating system image",
        words.image_releases(),
        by_node(lambda node: node.os_image),
        words.image_release,
    ),
    Question(
        "kernel",
        "Kernel",
        words.kernel_minors(),
        by_node(lambda node: node.kernel_version),
        _minor,
    ),
    Question(
        "architecture",
        "Architecture",
        _plain(Vocabulary.ARCHITECTURES),
        by_node(lambda node: node.architecture),
    ),
    Question(
        "containerRuntime",
        "Container runtime",
        words.runtime_minors(),
        by_node(lambda node: node.container_runtime_version),
        _runtime,
    ),
    Question(
        "nodes",
        "Nodes",
        steps(_LARGEST_NODES),
        once(lambda report: len(report.nodes or ()) or None),
        _stepped(_LARGEST_NODES),
    ),
    Question(
        "controlPlaneNodes",
        "Control-plane nodes",
        steps(_LARGEST_NODES),
        once(reading.control_plane_nodes),
        _stepped(_LARGEST_NODES),
    ),
    Question(
        "cpuPerNode", "CPUs per node", steps(_LARGEST_NODE), by_node(amount("cpu")), _sized(1)
    ),
    Question(
        "memoryPerNode",
        "Memory per node, in GiB",
        steps(_LARGEST_NODE),
        by_node(amount("memory")),
        _sized(GIB),
    ),
    Question("cpuPerCluster", "CPUs per cluster", steps(MOST), in_all("cpu", 1), _stepped(MOST)),
    Question(
        "memoryPerCluster",
        "Memory per cluster, in GiB",
        steps(MOST),
        in_all("memory", GIB),
        _stepped(MOST),
    ),
    Question(
        "accelerators",
        "Accelerators, by vendor",
        (NONE, *words.accelerator_vendors(), SEVERAL),
        once(reading.accelerators),
    ),
    Question("namespaces", "Namespaces", steps(MOST), once(reading.namespaces), _stepped(MOST)),
    Question("podsPerNamespace", "Pods per namespace", steps(MOST), reading.pods, _namespace),
)
"""All questions, in the order in which they are shown."""
