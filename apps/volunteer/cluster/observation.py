"""Observes a cluster: the version, one UID, all nodes, and workloads where asked for."""

from report import Identifying, Observation, WorkloadsObservation
from volunteer.cluster import kubernetes_json
from volunteer.cluster.listing import FORBIDDEN, NOT_FOUND, Listing
from volunteer.cluster.object_kinds import NODES, NODES_ROLE


def observe(listing: Listing, *, with_uid: bool, with_workloads: bool = False) -> Observation:
    """Return an observation whose nodes are listed while they are read, one page in memory.

    The UID of `kube-system` is asked for only `with_uid`, and is None where it may not be read;
    workloads are only `with_workloads`, and are listed while they are read, too. Raises
    `ClusterError`; so does reading nodes and workloads. After `ClusterListExpired` what was read is
    void, and the cluster has to be observed again.
    """
    return Observation(
        master_version=_version(listing),
        kube_system_uid=_kube_system_uid(listing) if with_uid else None,
        nodes=listing.objects(NODES, NODES_ROLE, kubernetes_json.read_node_page),
        workloads=_workloads(listing) if with_workloads else None,
    )


def _workloads(listing: Listing) -> WorkloadsObservation:
    from volunteer.cluster.workloads import observe_workloads  # few ask for them

    return observe_workloads(listing)


def _version(listing: Listing) -> Identifying:
    answer = listing.get("/version")
    if answer.status in {FORBIDDEN, NOT_FOUND}:
        return Identifying("")
    return listing.read(kubernetes_json.read_version, answer)


def _kube_system_uid(listing: Listing) -> Identifying | None:
    answer = listing.get("/api/v1/namespaces/kube-system")
    if answer.status in {FORBIDDEN, NOT_FOUND}:
        return None
    return listing.read(kubernetes_json.read_uid, answer)
