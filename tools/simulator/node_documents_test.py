"""A generated node has what a v1.Node has."""

import json
from typing import Any

from tools.simulator.cluster import Cluster

NODES = Cluster.generate(nodes=64, seed=1).collections["/api/v1/nodes"]


def _nodes() -> list[dict[str, Any]]:
    assert NODES.whole is not None
    return [json.loads(NODES.whole(position)) for position in range(NODES.size)]


def test_size() -> None:
    """A node takes about 8 KB, as in a real cluster."""
    assert NODES.whole is not None
    sizes = [len(NODES.whole(position)) for position in range(NODES.size)]
    assert 7_000 < sum(sizes) / len(sizes) < 9_500


def test_fields() -> None:
    """A node has all fields that identify it, and those that a report is made of."""
    for node in _nodes():
        assert node["metadata"]["labels"]["kubernetes.io/hostname"] == node["metadata"]["name"]
        assert node["metadata"]["managedFields"]
        assert node["metadata"]["ownerReferences"]
        assert node["spec"]["podCIDRs"]
        assert {address["type"] for address in node["status"]["addresses"]} == {
            "InternalIP",
            "ExternalIP",
            "Hostname",
        }
        assert len(node["status"]["images"]) >= 18
        assert len(node["status"]["conditions"]) == 4
        assert all(node["status"]["nodeInfo"].values())
        assert {"cpu", "memory", "pods", "ephemeral-storage"} <= node["status"]["capacity"].keys()
        assert node["status"]["allocatable"].keys() == node["status"]["capacity"].keys()


def test_no_provider() -> None:
    """A machine of the company's own has no provider ID at all."""
    lacking = [node for node in _nodes() if "providerID" not in node["spec"]]
    assert lacking
    assert all("payments" in node["metadata"]["name"] for node in lacking)
