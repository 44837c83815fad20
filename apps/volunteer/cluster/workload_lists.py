"""Lists namespaces and workloads: of each object where it is and since when, and nothing else."""

from array import array
from collections import Counter
from collections.abc import Iterator

from report import Identifying, WorkloadKindObservation, WorkloadsObservation
from volunteer.cluster.api import METADATA_OF_LIST
from volunteer.cluster.errors import ClusterNotServed
from volunteer.cluster.listing import Listing
from volunteer.cluster.metadata_pages import ObjectSeen, read_metadata_page
from volunteer.cluster.object_kinds import NAMESPACES, WORKLOADS, WORKLOADS_ROLE, ObjectKind


def observe_workloads(listing: Listing) -> WorkloadsObservation:
    """Return the namespaces, and a stream that lists each kind of workload while it is read.

    A kind that the cluster does not serve is left out. Raises `ClusterError`, here and while the
    stream is read.
    """
    namespaces = {each.name: each.created for each in _objects(listing, NAMESPACES)}
    return WorkloadsObservation(namespaces=namespaces, kinds=_kinds(listing))


def _kinds(listing: Listing) -> Iterator[WorkloadKindObservation]:
    for kind in WORKLOADS:
        try:
            seen = _count(listing, kind)
        except ClusterNotServed:
            continue
        yield seen
        del seen  # before the next kind comes


def _count(listing: Listing, kind: ObjectKind) -> WorkloadKindObservation:
    """List a kind, of which no object is kept but a number for its time and one more counted."""
    counts = Counter[Identifying]()
    created = array("d")
    for each in _objects(listing, kind):
        counts[each.namespace] += 1
        if each.created is not None:
            created.append(each.created)
    return WorkloadKindObservation(kind=kind.plural, counts=counts, created=created)


def _objects(listing: Listing, kind: ObjectKind) -> Iterator[ObjectSeen]:
    return listing.objects(kind, WORKLOADS_ROLE, read_metadata_page, accept=METADATA_OF_LIST)
