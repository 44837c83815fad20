"""Generated observations: nodes as clusters have them, and nodes as nobody has ever seen them."""

from collections.abc import Iterable

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from report import (
    Anonymised,
    Disclosure,
    Identifying,
    NodeObservation,
    Observation,
    Pseudonyms,
    WorkloadKindObservation,
    WorkloadsObservation,
    anonymise,
    vocabulary,
)
from report.disclosure import OMITTABLE_FIELDS, VERBATIM_FIELDS

PUBLIC = {
    "operating_system": ("linux", "windows"),
    "os_image": ("Debian GNU/Linux 12 (bookworm)", "Ubuntu 22.04.3 LTS", "Amazon Linux 2"),
    "kernel_version": ("6.1.0-18-cloud-amd64", "5.15.0-91-generic", "5.10.205"),
    "architecture": ("amd64", "arm64"),
    "container_runtime_version": ("containerd://1.7.13", "cri-o://1.28.2", "docker://20.10.7"),
    "kubelet_version": ("v1.30.2", "v1.29.4-gke.1043002", "v1.30.1+k3s1"),
    "provider_id": ("aws:///eu-west-1a/i-0abc", "gce://project/zone/name", ""),
}
"""Values that real clusters have, by field of a `NodeObservation`."""
TEXTS = sorted({*NodeObservation.__slots__} - {"name", "capacity", "label_keys"})
"""The fields of a `NodeObservation` that are a text, besides its name."""
PUBLIC_CAPACITY = (("cpu", "4"), ("memory", "15437428Ki"), ("pods", "110"), ("nvidia.com/gpu", "1"))

ANY_TEXT = st.text(st.characters(), max_size=30)

KEYED = Pseudonyms.from_secret(b"s" * 32, "c")

DISCLOSURES = st.builds(
    Disclosure,
    omit=st.frozensets(st.sampled_from(sorted(OMITTABLE_FIELDS))),
    verbatim=st.frozensets(st.sampled_from(sorted(VERBATIM_FIELDS))),
)


def node(
    name: str, *, label_keys: Iterable[str] = (), **fields: str | dict[str, str]
) -> NodeObservation:
    """Return a node with these fields and empty ones."""
    texts = {field: Identifying(text) for field, text in fields.items() if isinstance(text, str)}
    capacity = fields.get("capacity", {})
    assert isinstance(capacity, dict)
    return NodeObservation(
        name=Identifying(name),
        capacity={Identifying(key): Identifying(value) for key, value in capacity.items()},
        label_keys=frozenset(label_keys),
        **texts,
    )


def nodes() -> SearchStrategy[NodeObservation]:
    """Return nodes of which each field is what a real cluster has, or any text, or both."""
    fields = {field: _mixed(PUBLIC[field]) if field in PUBLIC else ANY_TEXT for field in TEXTS}
    capacity = st.dictionaries(
        _mixed([name for name, _ in PUBLIC_CAPACITY]),
        _mixed([value for _, value in PUBLIC_CAPACITY]),
        max_size=5,
    )
    return st.builds(
        node,
        name=ANY_TEXT,
        capacity=capacity,
        label_keys=st.frozensets(st.sampled_from(vocabulary.public_label_keys()), max_size=3),
        **fields,
    )


def workloads() -> SearchStrategy[WorkloadsObservation]:
    """Return observations of a few namespaces, and of kinds that are public and others."""
    names = ANY_TEXT.map(Identifying)
    created = st.floats(-1e10, 1e11)
    kind = st.builds(
        WorkloadKindObservation,
        kind=_mixed(["pods", "deployments", "jobs"]),
        counts=st.dictionaries(names, st.integers(1, 10**9), max_size=4),
        created=st.lists(created, max_size=4),
    )
    return st.builds(
        WorkloadsObservation,
        namespaces=st.dictionaries(names, st.none() | created, max_size=4),
        kinds=st.lists(kind, max_size=3),
    )


def observations() -> SearchStrategy[Observation]:
    """Return observations of clusters of a few nodes."""
    return st.builds(
        Observation,
        master_version=_mixed(PUBLIC["kubelet_version"]).map(Identifying),
        # No two nodes of a cluster have the same name.
        nodes=st.lists(nodes(), max_size=4, unique_by=lambda each: each.name.reveal()),
        kube_system_uid=st.none() | st.uuids().map(str).map(Identifying),
        workloads=st.none() | workloads(),
    )


def anonymised_nodes(
    *nodes: NodeObservation, verbatim: str | None = None, omit: str | None = None
) -> Anonymised:
    """Anonymise a cluster of `nodes`, with one field verbatim or omitted."""
    disclosure = Disclosure(
        omit=frozenset({omit} if omit else ()), verbatim=frozenset({verbatim} if verbatim else ())
    )
    return anonymise(
        Observation(master_version=Identifying("v1.30.2"), nodes=nodes),
        pseudonyms=KEYED,
        version="v2.0.0",
        timestamp=1_512_086_400,
        disclosure=disclosure,
    )


def _mixed(public: tuple[str, ...] | list[str]) -> SearchStrategy[str]:
    words = st.sampled_from(public)
    return words | ANY_TEXT | st.builds("{}{}{}".format, ANY_TEXT, words, ANY_TEXT)
