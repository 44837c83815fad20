"""Namespaces, and what runs in them: metadata only, unevenly spread as in real clusters."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from tools.simulator.collection import Collection, collection_path
from tools.simulator.draws import Draws
from tools.simulator.messages import JsonObject, compact_json
from tools.simulator.node_documents import created_at, timestamp

# Kind, plural, API version, and how many there are for each ten nodes.
_KINDS: Final = (
    ("Pod", "pods", "v1", 120),
    ("Service", "services", "v1", 40),
    ("ConfigMap", "configmaps", "v1", 80),
    ("PersistentVolumeClaim", "persistentvolumeclaims", "v1", 15),
    ("Deployment", "deployments", "apps/v1", 35),
    ("StatefulSet", "statefulsets", "apps/v1", 6),
    ("DaemonSet", "daemonsets", "apps/v1", 4),
    ("Job", "jobs", "batch/v1", 12),
    ("CronJob", "cronjobs", "batch/v1", 3),
    ("Ingress", "ingresses", "networking.k8s.io/v1", 10),
)
KUBE_SYSTEM: Final = "kube-system"
_SYSTEM_NAMESPACES: Final = ("default", "kube-node-lease", "kube-public", KUBE_SYSTEM)
_TEAMS: Final = ("payments", "ledger", "search", "identity", "mail", "warehouse")
_APPS: Final = ("api", "worker", "frontend", "cache", "gateway")


class Namespaces:
    """The namespaces of one cluster, in order of name."""

    def __init__(self, *, seed: int, nodes: int, company: str) -> None:
        own = (
            f"{company}-{_TEAMS[number % len(_TEAMS)]}-{number // len(_TEAMS):03}"
            for number in range(3 + nodes // 4)
        )
        self.names: Sequence[str] = sorted((*_SYSTEM_NAMESPACES, *own))
        self._seed = seed

    def uid(self, name: str) -> str:
        """Return the UID of a namespace."""
        return Draws(self._seed, "namespace", name).uuid()

    def document(self, name: str) -> JsonObject:
        """Make a whole `v1.Namespace`, without its kind."""
        return {
            "metadata": self._metadata(name),
            "spec": {"finalizers": ["kubernetes"]},
            "status": {"phase": "Active"},
        }

    def collection(self) -> Collection:
        """Return the list of all namespaces."""
        return Collection(
            path=collection_path("v1", "namespaces"),
            kind="Namespace",
            api_version="v1",
            size=len(self.names),
            metadata=lambda position: self._metadata(self.names[position]),
            whole=lambda position: compact_json(self.document(self.names[position])),
        )

    def _metadata(self, name: str) -> JsonObject:
        uid = self.uid(name)
        return {
            "name": name,
            "uid": uid,
            "resourceVersion": "7",
            "creationTimestamp": timestamp(created_at(uid)),
            "labels": {"kubernetes.io/metadata.name": name},
        }


class Workload:
    """All objects of one namespaced kind."""

    def __init__(self, *, seed: int, kind: str, namespaces: Namespaces, count: int) -> None:
        self._label = (seed, kind)
        self._names = namespaces.names
        # Cubes of draws: most namespaces hold little, a few hold most.
        draws = Draws(seed, kind, "weights")
        weights = [draws.number(100) ** 3 for _ in self._names]
        total = sum(weights) or 1
        self._ends = list(accumulate(weight * count // total for weight in weights))

    @property
    def size(self) -> int:
        """How many objects there are in all namespaces."""
        return self._ends[-1]

    def counts(self) -> dict[str, int]:
        """Return how many objects there are in each namespace."""
        begins = (0, *self._ends)
        return {
            name: end - begin
            for name, begin, end in zip(self._names, begins, self._ends, strict=False)
        }

    def metadata(self, position: int) -> JsonObject:
        """Make the metadata of one object, all of it identifying."""
        namespace = bisect_right(self._ends, position)
        draws = Draws(*self._label, position)
        app = draws.choice(_APPS)
        uid = draws.uuid()
        return {
            # The number first: names ascend within a namespace.
            "name": f"app{position:07}-{app}-{draws.hexadecimal(5)}",
            "namespace": self._names[namespace],
            "uid": uid,
            "resourceVersion": str(1_000 + position),
            "creationTimestamp": timestamp(created_at(uid)),
            "labels": {"app.kubernetes.io/name": app},
        }


def workload_collections(*, seed: int, nodes: int, namespaces: Namespaces) -> list[Collection]:
    """Return the lists of all workload kinds, across all namespaces."""
    return [
        _collection(
            kind=kind,
            path=collection_path(api_version, plural),
            api_version=api_version,
            workload=Workload(
                seed=seed, kind=kind, namespaces=namespaces, count=1 + nodes * for_ten_nodes // 10
            ),
        )
        for kind, plural, api_version, for_ten_nodes in _KINDS
    ]


def _collection(*, kind: str, path: str, api_version: str, workload: Workload) -> Collection:
    return Collection(
        path=path,
        kind=kind,
        api_version=api_version,
        size=workload.size,
        metadata=workload.metadata,
        whole=None,
    )
