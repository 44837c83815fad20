"""Any object, reduced to where it is and since when.

Field names are those of `v1.PartialObjectMetadataList` of the group meta.k8s.io.
"""

from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from report import Identifying
from volunteer.cluster.kubernetes_json import EMPTY, ListMeta, Page, decode, seal


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
