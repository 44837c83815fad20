"""The one way from what was seen to what is sent.

`anonymise` opens an `Observation` and returns a `Report` in which every text is a word of the
public vocabulary, a number, a pseudonym, or something the user typed. Whatever is not recognised
is withheld and counted, so that a preview can say what and why.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from report import vocabulary
from report.errors import TooManyNodes
from report.field_types import MAX_TEXT_CHARACTERS
from report.observation import (
    Identifying,
    NodeObservation,
    Observation,
    WorkloadsObservation,
)
from report.pseudonym import Pseudonyms
from report.rules import is_plain_text
from report.schema import (
    MAX_CAPACITIES_PER_NODE,
    MAX_NODES,
    Extension,
    Node,
    Report,
    Resource,
)
from report.vocabulary import Recognised
from report.workload_schema import Workloads
from report.workload_summary import summarise

VERBATIM_FIELDS: Final = frozenset(
    {
        "masterVersion",
        "operatingSystem",
        "osImage",
        "kernelVersion",
        "architecture",
        "containerRuntimeVersion",
        "kubeletVersion",
        "capacity",
    }
)
"""Wire names that a user may send as they are."""

WORKLOADS: Final = "workloads"
"""Wire name of what is not looked at unless the user asks for it."""

OMITTABLE_FIELDS: Final = VERBATIM_FIELDS | {"cloudProvider", WORKLOADS}
"""Wire names that a user may leave out. A provider ID names a machine: it is never verbatim."""

NEVER_SENT: Final = (
    "names, labels, annotations, taints and owners of nodes",
    "addresses, pod networks and host names",
    "names of container images",
    "machineID, systemUUID, bootID",
    "providerID beyond its scheme",
    "names, labels, annotations and contents of namespaces and of what runs in them",
)
"""What no flag can make a report hold, in words for people."""

_NO_QUANTITY: Final = "its value is not a Kubernetes quantity"
_NO_PUBLIC_QUANTITY: Final = "its value is more, or more exact, than nodes commonly have of it"
_NO_PUBLIC_NAME: Final = "the resource's name is not a public one"
_EXACT_SIZES: Final = frozenset({"memory", "storage", "ephemeral-storage"})
_BEYOND_THE_FIRST: Final = f"beyond the first {MAX_CAPACITIES_PER_NODE} resources of a node"
_UNFIT: Final = "it is too long, or holds characters that no report may hold"


@dataclass(frozen=True)
class Disclosure:
    """What the user wants sent otherwise than by default. Both hold wire names of fields."""

    omit: frozenset[str] = frozenset()
    verbatim: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Withheld:
    """Something that was seen and not sent as it was.

    `field` is its wire name, `rule` why, `count` how many times, `flag` the option that would
    send it, or None where nothing does.
    """

    field: str
    rule: str
    count: int
    flag: str | None


@dataclass(frozen=True)
class Anonymised:
    """A report ready to be sent, and what is not in it."""

    report: Report
    withheld: tuple[Withheld, ...]


def anonymise(
    observation: Observation,
    *,
    pseudonyms: Pseudonyms,
    version: str,
    timestamp: int,
    extensions: Sequence[Extension] = (),
    disclosure: Disclosure | None = None,
) -> Anonymised:
    """Return the anonymous report of `observation`.

    `timestamp` is UNIX seconds, `version` the volunteer's own. `extensions` are the user's own
    words and pass unchanged. Nodes are read once, in a stream, and sent in the order of their IDs,
    because the order in which the API lists them is the order of their names.
    Raises `TooManyNodes` rather than send a part of a cluster as if it were the whole.
    """
    anonymiser = _Anonymiser(pseudonyms, disclosure or Disclosure())
    report = Report(
        version=version,
        timestamp=str(timestamp),
        cluster_id=pseudonyms.cluster_id,
        master_version=anonymiser.text(
            "masterVersion", observation.master_version, vocabulary.kubernetes_version
        ),
        nodes=anonymiser.nodes(observation.nodes) or None,
        extensions=tuple(extensions) or None,
        workloads=anonymiser.workloads(observation.workloads, timestamp),
    )
    return Anonymised(report, anonymiser.withheld())


class _Anonymiser:
    """Anonymises one observation and counts what it withholds."""

    def __init__(self, pseudonyms: Pseudonyms, disclosure: Disclosure) -> None:
        self._pseudonyms = pseudonyms
        self._omitted = disclosure.omit
        self._verbatim = disclosure.verbatim & VERBATIM_FIELDS
        self._withheld: Counter[tuple[str, str, str]] = Counter()  # field, rule, flag or ""
        # Nodes of a cluster are much alike: equal capacities are kept once.
        self._capacities: dict[tuple[Resource, ...], tuple[Resource, ...]] = {}

    def nodes(self, observations: Iterable[NodeObservation]) -> tuple[Node, ...]:
        nodes: list[Node] = []
        for observation in observations:
            if len(nodes) == MAX_NODES:
                raise TooManyNodes(MAX_NODES)
            nodes.append(self.node(observation))
        nodes.sort(key=lambda node: node.id)
        return tuple(nodes)

    def node(self, seen: NodeObservation) -> Node:
        text = self.text
        return Node(
            id=self._pseudonyms.node_id(seen),
            operating_system=text(
                "operatingSystem", seen.operating_system, vocabulary.operating_system
            ),
            os_image=text("osImage", seen.os_image, vocabulary.os_image),
            kernel_version=text("kernelVersion", seen.kernel_version, vocabulary.kernel_version),
            architecture=text("architecture", seen.architecture, vocabulary.architecture),
            container_runtime_version=text(
                "containerRuntimeVersion",
                seen.container_runtime_version,
                vocabulary.container_runtime_version,
            ),
            kubelet_version=text(
                "kubeletVersion", seen.kubelet_version, vocabulary.kubernetes_version
            ),
            cloud_provider=text("cloudProvider", seen.provider_id, vocabulary.cloud_provider),
            capacity=self.capacity(seen.capacity),
        )

    def text(
        self, field: str, seen: Identifying, recognise: Callable[[str], Recognised]
    ) -> str | None:
        """Return what may be sent of one text, or None where nothing may."""
        if field in self._omitted:
            return None
        text = seen.reveal()
        if field in self._verbatim and fits_the_wire(text):
            return text or None
        value, rule = recognise(text)
        if rule is not None:
            self._withhold(field, rule)
        return value

    def capacity(self, seen: Mapping[Identifying, Identifying]) -> tuple[Resource, ...] | None:
        """Return the resources whose names are public and whose values are quantities."""
        if "capacity" in self._omitted:
            return None
        resources = [
            Resource(name, quantity)
            for name, quantity in sorted(
                (name.reveal(), quantity.reveal()) for name, quantity in seen.items()
            )
            if self._may_send(name, quantity)
        ]
        if len(resources) > MAX_CAPACITIES_PER_NODE:
            surplus = len(resources) - MAX_CAPACITIES_PER_NODE
            self._withheld["capacity", _BEYOND_THE_FIRST, ""] += surplus
        kept = tuple(resources[:MAX_CAPACITIES_PER_NODE])
        return self._capacities.setdefault(kept, kept) or None

    def workloads(self, seen: WorkloadsObservation | None, now: int) -> Workloads | None:
        """Return namespaces and workloads as numbers, where they were looked at."""
        return summarise(seen, now=now) if seen and WORKLOADS not in self._omitted else None

    def withheld(self) -> tuple[Withheld, ...]:
        return tuple(
            Withheld(field, rule, count, flag or None)
            for (field, rule, flag), count in sorted(self._withheld.items())
        )

    def _may_send(self, name: str, quantity: str) -> bool:
        if not vocabulary.is_quantity(quantity):
            self._withheld["capacity", _NO_QUANTITY, ""] += 1
            return False
        if "capacity" in self._verbatim and name and fits_the_wire(name):
            return True
        known = vocabulary.is_known_resource(name)
        if known and (name in _EXACT_SIZES or vocabulary.is_public_quantity(name, quantity)):
            return True
        self._withhold("capacity", _NO_PUBLIC_QUANTITY if known else _NO_PUBLIC_NAME)
        return False

    def _withhold(self, field: str, rule: str) -> None:
        """Count what a flag would send, unless it was given and the wire contract forbids it."""
        if field in self._verbatim:
            self._withheld[field, _UNFIT, ""] += 1
        else:
            self._withheld[field, rule, _flag_that_sends(field)] += 1


def fits_the_wire(text: str) -> bool:
    """Whether `text` may stand in a report as it is: its length and its characters."""
    return len(text) <= MAX_TEXT_CHARACTERS and is_plain_text(text)


def _flag_that_sends(field: str) -> str:
    return f"--verbatim {field}" if field in VERBATIM_FIELDS else ""
