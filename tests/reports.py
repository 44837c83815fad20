"""Generated reports and documents: all that types and rules allow."""

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from report import (
    Extension,
    NamespaceCount,
    Node,
    Report,
    Resource,
    WorkloadKind,
    Workloads,
)

KEYS = st.from_regex(
    r"([a-z0-9]([-a-z0-9]{0,9}[a-z0-9])?(\.[a-z0-9]){0,3}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,20}[A-Za-z0-9])?",
    fullmatch=True,
)
CLUSTER_IDS = st.from_regex(r"[A-Za-z0-9._:-]{1,128}", fullmatch=True)

FORBIDDEN_CHARACTERS = "".join(
    map(
        chr,
        [
            *range(0x20),
            *range(0x7F, 0xA0),
            *(0x061C, 0x200E, 0x200F),
            *range(0x2028, 0x202F),
            *range(0x2066, 0x206A),
        ],
    )
)
_LINE_CONTROLS = "\t\n\r"


def texts(*, at_least: int = 0, at_most: int = 512) -> SearchStrategy[str]:
    """Return texts that may stand in a report; lengths are characters."""
    characters = st.characters(exclude_categories=["Cs"], exclude_characters=FORBIDDEN_CHARACTERS)
    return st.text(characters, min_size=at_least, max_size=at_most)


def extension_values() -> SearchStrategy[str]:
    """Return values that an extension may have."""
    forbidden = FORBIDDEN_CHARACTERS.translate({ord(each): None for each in _LINE_CONTROLS})
    characters = st.characters(exclude_categories=["Cs"], exclude_characters=forbidden)
    return st.text(characters, max_size=600)


def versions() -> SearchStrategy[str]:
    """Return versions of reporters."""
    return texts(at_least=1, at_most=128).filter(str.isprintable)


def nodes() -> SearchStrategy[Node]:
    """Return nodes with any text in any field."""
    optional = st.none() | texts(at_most=40)
    resource = st.builds(Resource, texts(at_least=1, at_most=40), texts(at_least=1, at_most=40))
    fields = {
        **dict.fromkeys(Node.__struct_fields__, optional),
        "id": texts(at_least=1, at_most=40),
        "capacity": st.none() | st.lists(resource, max_size=4).map(tuple),
    }
    return st.builds(Node, **fields)


def workloads() -> SearchStrategy[Workloads]:
    """Return workloads with any numbers, and any text as a kind."""
    numbers = st.integers(0, 2**53)
    optional = st.none() | numbers
    kind = st.builds(
        WorkloadKind,
        kind=texts(at_least=1, at_most=40),
        per_namespace=st.lists(numbers, max_size=5).map(tuple),
        mean_age=optional,
        median_age=optional,
    )
    return st.builds(
        Workloads,
        namespaces=st.builds(NamespaceCount, count=numbers, mean_age=optional, median_age=optional),
        kinds=st.none() | st.lists(kind, max_size=3).map(tuple),
    )


def reports() -> SearchStrategy[Report]:
    """Return any report that the wire contract allows, within what a test has time for."""
    return st.builds(
        Report,
        version=versions(),
        timestamp=st.none() | st.integers(0, 10**20 - 1).map(str),
        cluster_id=CLUSTER_IDS,
        master_version=st.none() | texts(),
        nodes=st.none() | st.lists(nodes(), max_size=4).map(tuple),
        extensions=st.none()
        | st.lists(st.builds(Extension, KEYS, extension_values()), max_size=4).map(tuple),
        workloads=st.none() | workloads(),
        distribution=st.none() | texts(),
    )
