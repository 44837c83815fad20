"""The one way from what was seen to what is sent.

`anonymise` opens an `Observation` and returns a `Report` in which every text is a word of the
public vocabulary, a number, a pseudonym, something the user typed, or a field that the user asked
for as it is. Whatever is not recognised is withheld and counted, so that a preview can say what
and why.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from operator import attrgetter
from typing import Final, NamedTuple

from msgspec import Struct

from report import vocabulary
from report.capacity import EXACT_SIZE, NO_QUANTITY, fits_the_wire, judge, rounded
from report.disclosure import DISTRIBUTION, ROLE, VERBATIM_FIELDS, WORKLOADS, Disclosure
from report.errors import TooManyNodes
from report.observation import (
    Identifying,
    NodeObservation,
    Observation,
    WorkloadsObservation,
)
from report.pseudonym import Pseudonyms
from report.schema import (
    MAX_CAPACITIES_PER_NODE,
    MAX_NODES,
    Extension,
    Node,
    Report,
    Resource,
)
from report.vocabulary import NODE_TEXTS, SIZES, Recognised
from report.vocabulary.recognition import ABSENT, MAX_CHARACTERS, REMEMBERED
from report.workload_schema import Workloads
from report.workload_summary import summarise

_BEYOND_THE_FIRST: Final = f"beyond the first {MAX_CAPACITIES_PER_NODE} resources of a node"
_ATTRIBUTES: Final = dict(zip(Node.__struct_encode_fields__, Node.__struct_fields__, strict=True))
_texts_of: Final = attrgetter(*(_ATTRIBUTES[field] for field in NODE_TEXTS))
"""Returns the texts of a node that `NODE_TEXTS` recognises, in its order."""

_UNFIT: Final = "it is too long, or holds characters that no report may hold"
_WHATEVER_THE_FLAGS: Final = {NO_QUANTITY, _BEYOND_THE_FIRST}


class Withheld(Struct, frozen=True):
    """Something that was seen and not sent as it was.

    `field` is its wire name, `rule` why, `count` how many times, `flag` the option that would
    send it, or None where nothing does.
    """

    field: str
    rule: str
    count: int
    flag: str | None


class Anonymised(Struct, frozen=True):
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
        distribution=anonymiser.distribution(observation.master_version),
    )
    return Anonymised(report, anonymiser.withheld())


class _Likeness(NamedTuple):
    """What many nodes have in common: the fields that are sent of it, what is withheld of it, each
    with its rule, and the place of the distribution that it tells.
    """

    sent: dict[str, str | None]
    withheld: tuple[tuple[str, str], ...]
    distribution: int


class _Anonymiser:
    """Anonymises one observation and counts what it withholds."""

    def __init__(self, pseudonyms: Pseudonyms, disclosure: Disclosure) -> None:
        self._pseudonyms = pseudonyms
        self._omitted = disclosure.omit
        self._verbatim = disclosure.verbatim & VERBATIM_FIELDS
        self._distribution = vocabulary.NO_DISTRIBUTION
        self._withheld: Counter[tuple[str, str]] = Counter()  # field, rule
        self._sizes = frozenset() if "capacity" in self._verbatim else SIZES
        # Nodes of a cluster are much alike: what they have in common is recognised once.
        self._judge = partial(judge, verbatim="capacity" in self._verbatim)
        self._remembered_judge = lru_cache(REMEMBERED)(self._judge)
        self._remembered_likeness = lru_cache(REMEMBERED)(self._likeness)

    def nodes(self, observations: Iterable[NodeObservation]) -> tuple[Node, ...]:
        nodes: list[Node] = []
        for observation in observations:
            if len(nodes) == MAX_NODES:
                raise TooManyNodes(MAX_NODES)
            nodes.append(self.node(observation))
        nodes.sort(key=lambda node: node.id)
        return tuple(nodes)

    def node(self, seen: NodeObservation) -> Node:
        provider = self.text("cloudProvider", seen.provider_id, vocabulary.cloud_provider)
        texts = tuple(map(Identifying.reveal, _texts_of(seen)))
        # A longer text is not public, and not worth remembering.
        is_long = max(map(len, texts)) > MAX_CHARACTERS
        recognise = self._likeness if is_long else self._remembered_likeness
        likeness = recognise(texts, provider, seen.label_keys)
        for withheld in likeness.withheld:
            self._withheld[withheld] += 1
        self._distribution = min(self._distribution, likeness.distribution)
        return Node(
            id=self._pseudonyms.node_id(seen),
            capacity=self.capacity(seen.capacity),
            **likeness.sent,
        )

    def text(
        self, field: str, seen: Identifying, recognise: Callable[[str], Recognised]
    ) -> str | None:
        """Return what may be sent of one text, or None where nothing may."""
        value, rule = self._recognise(field, seen.reveal(), recognise)
        if rule is not None:
            self._withheld[field, rule] += 1
        return value

    def capacity(self, seen: Mapping[Identifying, Identifying]) -> tuple[Resource, ...] | None:
        """Return the resources whose names are public and whose values are quantities; sizes of
        memory and disks are rounded.
        """
        if "capacity" in self._omitted:
            return None
        resources = []
        for name, quantity in sorted(
            (name.reveal(), value.reveal()) for name, value in seen.items()
        ):
            sent = rounded(quantity) if name in self._sizes else quantity
            if sent != quantity:
                self._withheld["capacity", EXACT_SIZE] += 1
            is_usual = len(name) + len(sent) <= MAX_CHARACTERS
            judge_one = self._remembered_judge if is_usual else self._judge
            resource, rule = judge_one(name, sent)
            if resource is not None:
                resources.append(resource)
            if rule is not None:
                self._withheld["capacity", rule] += 1
        if len(resources) > MAX_CAPACITIES_PER_NODE:
            surplus = len(resources) - MAX_CAPACITIES_PER_NODE
            self._withheld["capacity", _BEYOND_THE_FIRST] += surplus
        return tuple(resources[:MAX_CAPACITIES_PER_NODE]) or None

    def workloads(self, seen: WorkloadsObservation | None, now: int) -> Workloads | None:
        """Return namespaces and workloads as numbers, where they were observed."""
        return summarise(seen, now=now) if seen and WORKLOADS not in self._omitted else None

    def distribution(self, master_version: Identifying) -> str | None:
        """Return the word for the distribution, once all nodes were read."""
        if DISTRIBUTION in self._omitted:
            return None
        version = "" if "masterVersion" in self._omitted else master_version.reveal()
        place = vocabulary.distribution_place(vocabulary.Signs(version=version))
        return vocabulary.distribution_word(min(self._distribution, place))

    def withheld(self) -> tuple[Withheld, ...]:
        counts: Counter[tuple[str, str, str]] = Counter()
        for (field, rule), count in self._withheld.items():
            counts[field, *self._told(field, rule)] += count
        return tuple(
            Withheld(field, rule, count, flag or None)
            for (field, rule, flag), count in sorted(counts.items())
        )

    def _told(self, field: str, rule: str) -> tuple[str, str]:
        """Return why a value was withheld, and the flag that would send it, or ""."""
        if rule in _WHATEVER_THE_FLAGS or field not in VERBATIM_FIELDS:
            return rule, ""
        # Where the flag was given, the wire contract forbids it.
        return (_UNFIT, "") if field in self._verbatim else (rule, f"--verbatim {field}")

    def _likeness(
        self, texts: tuple[str, ...], provider: str | None, label_keys: frozenset[str]
    ) -> _Likeness:
        seen = dict(zip(NODE_TEXTS, texts, strict=True))
        recognised = {
            field: self._recognise(field, seen[field], recognise)
            for field, recognise in NODE_TEXTS.items()
        }
        # The word for the distribution would tell what is omitted.
        shown = {field: "" if field in self._omitted else text for field, text in seen.items()}
        signs = vocabulary.Signs(
            version=shown["kubeletVersion"],
            image=shown["osImage"],
            kernel=shown["kernelVersion"],
            runtime=shown["containerRuntimeVersion"],
            provider=provider or "",
            label_keys=label_keys,
        )
        sent = {_ATTRIBUTES[field]: value for field, (value, _) in recognised.items()}
        sent["cloud_provider"] = provider
        sent["role"] = None if ROLE in self._omitted else vocabulary.node_role(label_keys)
        return _Likeness(
            sent,
            tuple((field, rule) for field, (_, rule) in recognised.items() if rule is not None),
            vocabulary.distribution_place(signs),
        )

    def _recognise(
        self, field: str, text: str, recognise: Callable[[str], Recognised]
    ) -> Recognised:
        if field in self._omitted:
            return ABSENT
        if field in self._verbatim and fits_the_wire(text):
            return Recognised(text or None, None)
        return recognise(text)
