"""Looks at a cluster: the version, one UID, all nodes, and workloads where asked for."""

from random import Random

from report import Identifying, Observation, WorkloadsObservation
from volunteer.clock import Clock
from volunteer.cluster import node_pages
from volunteer.cluster.api import ClusterApi
from volunteer.cluster.listing import FORBIDDEN, NOT_FOUND, Limits, Listing
from volunteer.cluster.object_kinds import NODES, NODES_ROLE


class Cluster:
    """One look at one cluster: its time and its patience are used up once."""

    def __init__(self, api: ClusterApi, *, clock: Clock, random: Random, limits: Limits) -> None:
        self._listing = Listing(api, clock=clock, random=random, limits=limits)

    def observe(self, *, with_uid: bool, with_workloads: bool = False) -> Observation:
        """Look at the cluster. Nodes are listed while they are read, one page in memory.

        The UID of `kube-system` is asked for only `with_uid`, and is None where it may not be
        read; workloads are only `with_workloads`, and are listed while they are read, too. Raises
        `ClusterError`; reading nodes and workloads does too, `ClusterListExpired` among them: then
        what was read is void, and the cluster has to be observed again.
        """
        return Observation(
            master_version=self._version(),
            kube_system_uid=self._kube_system_uid() if with_uid else None,
            nodes=self._listing.objects(NODES, NODES_ROLE, node_pages.read_node_page),
            workloads=self._workloads() if with_workloads else None,
        )

    def _workloads(self) -> WorkloadsObservation:
        from volunteer.cluster.workload_lists import observe_workloads  # few ask for them

        return observe_workloads(self._listing)

    def _version(self) -> Identifying:
        answer = self._listing.get("/version")
        if answer.status in {FORBIDDEN, NOT_FOUND}:
            return Identifying("")
        return self._listing.read(node_pages.read_version, answer)

    def _kube_system_uid(self) -> Identifying | None:
        answer = self._listing.get("/api/v1/namespaces/kube-system")
        if answer.status in {FORBIDDEN, NOT_FOUND}:
            return None
        return self._listing.read(node_pages.read_uid, answer)
