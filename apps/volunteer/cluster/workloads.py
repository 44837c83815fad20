"""Lists namespaces and workloads: of each object where it is and since when, and nothing else.

Field names are those of `v1.PartialObjectMetadataList` of the group meta.k8s.io.
"""

from array import array
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from report import Identifying, WorkloadKindObservation, WorkloadsObservation
from report.observation import EMPTY
from volunteer.cluster.errors import ClusterNotServed
from volunteer.cluster.kubernetes_api import METADATA_OF_LIST
from volunteer.cluster.kubernetes_json import ListMeta, Page, decode, seal
from volunteer.cluster.listing import Listing
from volunteer.cluster.object_kinds import NAMESPACES, WORKLOADS, WORKLOADS_ROLE, ObjectKind


class _ObjectMeta(Struct, rename="camel"):
    name: Identifying = EMPTY
    namespace: Identifying = EMPTY
    creation_timestamp: Annotated[datetime, Meta(tz=True)] | None = None


class _Object(Struct):
    metadata: _ObjectMeta


class _MetadataList(Struct, tag_field="kind", tag="PartialObjectMetadataList"):
    metadata: ListMeta
    items: list[_Object] | None


class ObjectSeen:
    """Of any object its name, its namespace (empty where it is in none) and when it was made, in
    UNIX seconds (None where the API does not say).
    """

    __slots__ = ("created", "name", "namespace")

    def __init__(self, name: Identifying, namespace: Identifying, created: float | None) -> None:
        self.name = name
        self.namespace = namespace
        self.created = created


def read_metadata_page(body: bytes | bytearray) -> Page[ObjectSeen]:
    """Return the objects of a `PartialObjectMetadataList`. Raises `UnreadableAnswer`."""
    page = decode(body, _METADATA_LIST)
    return Page([_seen(item.metadata) for item in page.items or ()], page.metadata.continue_)


_METADATA_LIST: Final = msgspec.json.Decoder(_MetadataList, dec_hook=seal)


def _seen(metadata: _ObjectMeta) -> ObjectSeen:
    moment = metadata.creation_timestamp
    created = None if moment is None else moment.timestamp()
    return ObjectSeen(metadata.name, metadata.namespace, created)


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
