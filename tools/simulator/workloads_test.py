"""Workloads are spread over namespaces and over time as in real clusters."""

from collections import Counter
from datetime import UTC, datetime

from tools.simulator.cluster import Cluster
from tools.simulator.node_documents import GENERATED_AT
from tools.simulator.workloads import Namespaces, Workload

COLLECTIONS = Cluster.generate(nodes=100, seed=1).collections
PODS = [
    COLLECTIONS["/api/v1/pods"].metadata(position)
    for position in range(COLLECTIONS["/api/v1/pods"].size)
]


def test_spread() -> None:
    """Some namespaces hold no pod, some a few, some a hundred times as many."""
    counts = Counter(pod["namespace"] for pod in PODS)
    assert len(counts) < COLLECTIONS["/api/v1/namespaces"].size
    assert max(counts.values()) > 100 * min(counts.values())
    assert len({count.bit_length() for count in counts.values()}) >= 5


def test_counts() -> None:
    """How many there are in each namespace is what the list of them says."""
    namespaces = Namespaces(seed=1, nodes=40, company="initech")
    pods = Workload(seed=1, kind="Pod", namespaces=namespaces, count=500)
    listed = Counter(str(pods.metadata(each)["namespace"]) for each in range(pods.size))
    assert {name: count for name, count in pods.counts().items() if count} == listed
    assert pods.counts().keys() == set(namespaces.names)


def test_namespaces_exist() -> None:
    """Every pod is in a namespace of the list of namespaces."""
    namespaces = COLLECTIONS["/api/v1/namespaces"]
    names = {namespaces.metadata(position)["name"] for position in range(namespaces.size)}
    assert {pod["namespace"] for pod in PODS} <= names


def test_ages() -> None:
    """Objects are of many ages, none younger than the cluster itself."""
    created = [
        datetime.strptime(str(pod["creationTimestamp"]), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        for pod in PODS
    ]
    assert max(created) < GENERATED_AT
    assert (max(created) - min(created)).days > 100
