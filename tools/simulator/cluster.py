"""A generated cluster: what an API server would know, made from a seed and a number of nodes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tools.simulator.collection import Collection, collection_path
from tools.simulator.draws import Draws
from tools.simulator.images import image_lists
from tools.simulator.machines import Machines
from tools.simulator.messages import JsonObject
from tools.simulator.node_documents import node_json, node_metadata
from tools.simulator.workloads import KUBE_SYSTEM, Namespaces, workload_collections

_GIT_VERSIONS: Final = (
    "v1.30.5-gke.1014001",
    "v1.30.6-eks-7f9249a",
    "v1.31.2",
    "v1.30.6+k3s1",
    "v1.29.9+rke2r1",
)
_FIRST_NODE_VERSION: Final = 5_000


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """What the simulated API serves.

    `version` is the body of `/version`, `collections` are the lists by path, `objects` are single
    objects by path.
    """

    version: JsonObject
    collections: Mapping[str, Collection]
    objects: Mapping[str, JsonObject]

    @classmethod
    def generate(cls, *, nodes: int, seed: int = 1) -> "Cluster":
        """Make a cluster; the same seed and number of nodes give the same bytes everywhere."""
        machines = Machines(seed=seed)
        namespaces = Namespaces(seed=seed, nodes=nodes, company=machines.company)
        collections = [
            _nodes(machines, nodes=nodes, seed=seed),
            namespaces.collection(),
            *workload_collections(seed=seed, nodes=nodes, namespaces=namespaces),
        ]
        return cls(
            version=_version(seed),
            collections={collection.path: collection for collection in collections},
            objects={
                f"/api/v1/namespaces/{KUBE_SYSTEM}": {
                    "kind": "Namespace",
                    "apiVersion": "v1",
                    **namespaces.document(KUBE_SYSTEM),
                }
            },
        )


def _nodes(machines: Machines, *, nodes: int, seed: int) -> Collection:
    """Make the list of nodes: only their names are kept, to sort them as the API does."""
    numbers = sorted(range(nodes), key=lambda number: machines.machine(number).name)
    images = image_lists(seed=seed, company=machines.company)

    def metadata(position: int) -> JsonObject:
        number = numbers[position]
        return node_metadata(machines.machine(number), _FIRST_NODE_VERSION + number)

    def whole(position: int) -> bytes:
        number = numbers[position]
        machine = machines.machine(number)
        return node_json(machine, images[number % len(images)], _FIRST_NODE_VERSION + number)

    return Collection(
        path=collection_path("v1", "nodes"),
        kind="Node",
        api_version="v1",
        size=nodes,
        metadata=metadata,
        whole=whole,
    )


def _version(seed: int) -> JsonObject:
    draws = Draws(seed, "version")
    git_version = draws.choice(_GIT_VERSIONS)
    major, minor = git_version.removeprefix("v").split(".")[:2]
    return {
        "major": major,
        "minor": minor,
        "gitVersion": git_version,
        "gitCommit": draws.hexadecimal(40),
        "gitTreeState": "clean",
        "buildDate": "2024-10-22T20:28:02Z",
        "goVersion": "go1.22.8",
        "compiler": "gc",
        "platform": "linux/amd64",
    }
