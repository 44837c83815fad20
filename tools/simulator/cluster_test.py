"""A cluster follows from its seed, and its lists are in the API's order."""

import os
import subprocess
import sys
from hashlib import sha256

from tools.simulator.cluster import Cluster
from tools.simulator.collection import Collection

PROGRAM = """
from hashlib import sha256
from tools.simulator.cluster import Cluster
nodes = Cluster.generate(nodes=20, seed=5).collections["/api/v1/nodes"]
print(sha256(b"".join(map(nodes.whole, range(nodes.size)))).hexdigest())
"""


def _whole(collection: Collection) -> list[bytes]:
    assert collection.whole is not None
    return [collection.whole(position) for position in range(collection.size)]


def test_same_seed() -> None:
    """The same seed and number of nodes give the same bytes in another process, whatever its
    hash seed.
    """
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": "4242"}
    elsewhere = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=30,
    )
    nodes = Cluster.generate(nodes=20, seed=5).collections["/api/v1/nodes"]
    assert elsewhere.stdout.strip() == sha256(b"".join(_whole(nodes))).hexdigest()


def test_other_seed() -> None:
    """Another seed gives another cluster."""
    first, second = Cluster.generate(nodes=5, seed=1), Cluster.generate(nodes=5, seed=2)
    assert _whole(first.collections["/api/v1/nodes"]) != _whole(second.collections["/api/v1/nodes"])


def test_order() -> None:
    """Every list is sorted by namespace and name, as the API sorts it, without a name twice."""
    for collection in Cluster.generate(nodes=40, seed=1).collections.values():
        metadata = [collection.metadata(position) for position in range(collection.size)]
        keys = [(str(each.get("namespace", "")), str(each["name"])) for each in metadata]
        assert keys == sorted(set(keys)), collection.path


def test_kinds() -> None:
    """A cluster has all kinds that a report may count, in several namespaces each."""
    collections = Cluster.generate(nodes=40, seed=1).collections
    assert sorted(collections) == [
        "/api/v1/configmaps",
        "/api/v1/namespaces",
        "/api/v1/nodes",
        "/api/v1/persistentvolumeclaims",
        "/api/v1/pods",
        "/api/v1/services",
        "/apis/apps/v1/daemonsets",
        "/apis/apps/v1/deployments",
        "/apis/apps/v1/statefulsets",
        "/apis/batch/v1/cronjobs",
        "/apis/batch/v1/jobs",
        "/apis/networking.k8s.io/v1/ingresses",
    ]
    pods = collections["/api/v1/pods"]
    assert len({pods.metadata(position)["namespace"] for position in range(pods.size)}) > 5


def test_empty() -> None:
    """A cluster may have no nodes."""
    cluster = Cluster.generate(nodes=0)
    assert cluster.collections["/api/v1/nodes"].size == 0
    assert cluster.collections["/api/v1/namespaces"].size > 0
