"""The kinds of objects that are listed, where the API serves them, and what it takes to list them.

Source: https://kubernetes.io/docs/reference/kubernetes-api/, and for roles kubectl's own help.
"""

from typing import Final

from msgspec import Struct


class ObjectKind(Struct, frozen=True):
    """A kind, by its plural. `group` is empty for the core of the API."""

    plural: str
    group: str = ""
    version: str = "v1"

    @property
    def path(self) -> str:
        """Where all objects of the kind are listed, those of all namespaces."""
        root = f"/apis/{self.group}" if self.group else "/api"
        return f"{root}/{self.version}/{self.plural}"


class Role(Struct, frozen=True):
    """A ClusterRole that grants `list` on some kinds. `purpose` says what it is needed for."""

    name: str
    kinds: tuple[ObjectKind, ...]
    purpose: str = ""

    def commands(self, subject: str) -> tuple[str, str]:
        """Return the commands that give the role to `subject`, a flag of kubectl."""
        names = ",".join(
            f"{kind.plural}.{kind.group}" if kind.group else kind.plural for kind in self.kinds
        )
        return (
            f"kubectl create clusterrole {self.name} --verb=list --resource={names}",
            f"kubectl create clusterrolebinding {self.name} --clusterrole={self.name} {subject}",
        )


NODES: Final = ObjectKind("nodes")
NAMESPACES: Final = ObjectKind("namespaces")
WORKLOADS: Final = (
    ObjectKind("pods"),
    ObjectKind("services"),
    ObjectKind("deployments", "apps"),
    ObjectKind("statefulsets", "apps"),
    ObjectKind("daemonsets", "apps"),
    ObjectKind("jobs", "batch"),
    ObjectKind("cronjobs", "batch"),
    ObjectKind("ingresses", "networking.k8s.io"),
    ObjectKind("configmaps"),
    ObjectKind("persistentvolumeclaims"),
)
"""In the order of a report."""

NODES_ROLE: Final = Role("spartakus-volunteer", (NODES,))
WORKLOADS_ROLE: Final = Role(
    "spartakus-volunteer-workloads", (NAMESPACES, *WORKLOADS), "--include workloads"
)
