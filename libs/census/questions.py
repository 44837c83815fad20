"""The questions of the census: each has fixed, finite answers, and a cluster one vote in each."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cached_property
from typing import Final, TypeAlias

from census import words
from census.quantities import parse, step, steps
from census.words import NONE, OTHER, SEVERAL, UNKNOWN
from report.schema import Node, Report
from report.vocabulary.vocabularies import Vocabulary

UNIT: Final = 1 << 32
"""A whole vote. Votes are counted in 2^-32 of one, so that sums of split votes stay integers."""

Weights: TypeAlias = Mapping[str, int]

_MINOR: Final = re.compile(r"v?([0-9]{1,2})\.([0-9]{1,2})(?![0-9])")
_RUNTIME: Final = re.compile(r"([A-Za-z-]{1,32})://v?([0-9]{1,2})\.([0-9]{1,2})(?![0-9])")
_OLDEST_SKEW: Final = 4
_NEWER: Final = "newer"
_LARGEST_NODES: Final = 1 << 14
_LARGEST_NODE: Final = 1 << 12
_LARGEST_CLUSTER: Final = 1 << 20
_GIB: Final = 1 << 30


class Question:
    """One question. `asked` returns how a cluster's vote is weighed among answers."""

    def __init__(
        self, name: str, title: str, answers: tuple[str, ...], asked: Callable[[Report], Weights]
    ) -> None:
        self.name = name
        self.title = title
        self._answers = answers
        self._asked = asked

    @cached_property
    def answers(self) -> tuple[str, ...]:
        """All answers, in the order in which they are shown."""
        return tuple(dict.fromkeys((*self._answers, OTHER, UNKNOWN)))

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.answers)

    def vote(self, report: Report) -> dict[str, int]:
        """Return a cluster's vote: units by answer, none negative, in all at most `UNIT`.

        Each part is rounded down, so the parts add up to at most UNIT. A vector without negative
        parts is no longer in L2 than the sum of its parts: no cluster moves a question by more
        than one vote, however many nodes it has and whatever they say.
        """
        weights = Counter[str]()
        for answer, weight in self._asked(report).items():
            weights[answer if answer in self._known else OTHER] += weight
        total = weights.total()
        if total <= 0:
            return {UNKNOWN: UNIT}
        return {answer: UNIT * weight // total for answer, weight in weights.items()}


def _one(answered: Callable[[Report], str]) -> Callable[[Report], Weights]:
    return lambda report: {answered(report): 1}


def _by_node(answered: Callable[[Node], str]) -> Callable[[Report], Weights]:
    return lambda report: Counter(map(answered, report.nodes or ()))


def _minor(version: str | None) -> str:
    if not version:
        return UNKNOWN
    found = _MINOR.match(version)
    return f"{int(found[1])}.{int(found[2])}" if found else OTHER


def _minor_number(version: str | None) -> int | None:
    major, _, minor = _minor(version).partition(".")
    return int(minor) if major == "1" else None


def _skew(report: Report) -> str:
    server = _minor_number(report.master_version)
    kubelets = [_minor_number(node.kubelet_version) for node in report.nodes or ()]
    known = [each for each in kubelets if each is not None]
    if server is None or not known:
        return UNKNOWN
    behind = server - min(known)
    if behind < 0:
        return _NEWER
    return str(behind) if behind < _OLDEST_SKEW else f"{_OLDEST_SKEW} or more"


def _provider(report: Report) -> str:
    seen = {node.cloud_provider or UNKNOWN for node in report.nodes or ()} or {UNKNOWN}
    return seen.pop() if len(seen) == 1 else SEVERAL


def _runtime(node: Node) -> str:
    text = node.container_runtime_version
    found = _RUNTIME.match(text) if text else None
    if found is None:
        return OTHER if text else UNKNOWN
    return f"{found[1]} {int(found[2])}.{int(found[3])}"


def _image(node: Node) -> str:
    return words.image_release(node.os_image) if node.os_image else UNKNOWN


def _control_plane(report: Report) -> str:
    roles = [node.role for node in report.nodes or ()]
    if not any(roles):
        return UNKNOWN
    return step(roles.count("control-plane"), _LARGEST_NODES)


def _nodes(report: Report) -> str:
    return UNKNOWN if report.nodes is None else step(len(report.nodes), _LARGEST_NODES)


def _amount(node: Node, resource: str) -> Fraction | None:
    texts = [each.value for each in node.capacity or () if each.resource == resource]
    return parse(texts[0]) if texts else None


def _a_node(resource: str, unit: int) -> Callable[[Node], str]:
    def answered(node: Node) -> str:
        amount = _amount(node, resource)
        return UNKNOWN if amount is None else step(amount / unit, _LARGEST_NODE)

    return answered


def _in_all(resource: str, unit: int) -> Callable[[Report], str]:
    def answered(report: Report) -> str:
        amounts = [_amount(node, resource) for node in report.nodes or ()]
        known = [each for each in amounts if each is not None]
        return step(sum(known, Fraction()) / unit, _LARGEST_CLUSTER) if known else UNKNOWN

    return answered


def _accelerators(report: Report) -> str:
    if not any(node.capacity for node in report.nodes or ()):
        return UNKNOWN
    vendors = {
        vendor
        for node in report.nodes or ()
        for each in node.capacity or ()
        if (vendor := words.accelerator_vendor(each.resource)) and parse(each.value)
    }
    return SEVERAL if len(vendors) > 1 else next(iter(vendors), NONE)


def _namespaces(report: Report) -> str:
    workloads = report.workloads
    return step(workloads.namespaces.count, _LARGEST_CLUSTER) if workloads else UNKNOWN


def _pods(report: Report) -> Weights:
    """Weigh namespaces by how many pods they have: element i is of those with 2^(i-1) to 2^i-1."""
    kinds = (report.workloads and report.workloads.kinds) or ()
    histogram = next((each.per_namespace for each in kinds if each.kind == "pods"), ())
    return {
        step((1 << place) >> 1, _LARGEST_CLUSTER): count
        for place, count in enumerate(histogram[: _LARGEST_CLUSTER.bit_length() + 1])
    }


_SKEWS: Final = (_NEWER, *map(str, range(_OLDEST_SKEW)), f"{_OLDEST_SKEW} or more")
_plain = words.plain

CLUSTERS: Final = Question("clusters", "Clusters", ("clusters",), lambda _: {"clusters": 1})

QUESTIONS: Final = (
    CLUSTERS,
    Question(
        "kubernetes",
        "Version of the control plane",
        words.kubernetes_minors(),
        _one(lambda report: _minor(report.master_version)),
    ),
    Question("skew", "Minor versions that the oldest kubelet is behind", _SKEWS, _one(_skew)),
    Question(
        "distribution",
        "Distribution",
        words.distribution_words(),
        _one(lambda report: report.distribution or UNKNOWN),
    ),
    Question(
        "provider", "Provider", (*_plain(Vocabulary.CLOUD_PROVIDERS), SEVERAL), _one(_provider)
    ),
    Question(
        "operatingSystem",
        "Operating system",
        _plain(Vocabulary.OPERATING_SYSTEMS),
        _by_node(lambda node: node.operating_system or UNKNOWN),
    ),
    Question("osImage", "Operating system image", words.image_releases(), _by_node(_image)),
    Question(
        "kernel",
        "Kernel",
        words.kernel_minors(),
        _by_node(lambda node: _minor(node.kernel_version)),
    ),
    Question(
        "architecture",
        "Architecture",
        _plain(Vocabulary.ARCHITECTURES),
        _by_node(lambda node: node.architecture or UNKNOWN),
    ),
    Question("containerRuntime", "Container runtime", words.runtime_minors(), _by_node(_runtime)),
    Question("nodes", "Nodes", steps(_LARGEST_NODES), _one(_nodes)),
    Question(
        "controlPlaneNodes", "Control-plane nodes", steps(_LARGEST_NODES), _one(_control_plane)
    ),
    Question("cpuPerNode", "CPUs of a node", steps(_LARGEST_NODE), _by_node(_a_node("cpu", 1))),
    Question(
        "memoryPerNode",
        "GiB of memory of a node",
        steps(_LARGEST_NODE),
        _by_node(_a_node("memory", _GIB)),
    ),
    Question(
        "cpuPerCluster", "CPUs of a cluster", steps(_LARGEST_CLUSTER), _one(_in_all("cpu", 1))
    ),
    Question(
        "memoryPerCluster",
        "GiB of memory of a cluster",
        steps(_LARGEST_CLUSTER),
        _one(_in_all("memory", _GIB)),
    ),
    Question(
        "accelerators",
        "Accelerators, by vendor",
        (NONE, *words.accelerator_vendors(), SEVERAL),
        _one(_accelerators),
    ),
    Question("namespaces", "Namespaces", steps(_LARGEST_CLUSTER), _one(_namespaces)),
    Question("podsPerNamespace", "Pods of a namespace", steps(_LARGEST_CLUSTER), _pods),
)
"""All questions, in the order in which they are shown."""
