"""Kubernetes' JSON, reduced to the few fields that a report needs, and sealed while it is decoded.

A text that may identify something becomes `Identifying` inside the decoder: it is never a `str` in
between.

Field names are those of `v1.NodeList`, `v1.Namespace`, `v1.Status` and `version.Info`.
"""

from collections.abc import Sequence
from itertools import compress
from typing import Any, Final, Generic, TypeVar

import msgspec
from msgspec import Raw, Struct, field

from report import Identifying, NodeObservation
from report.observation import EMPTY
from report.vocabulary import public_label_keys

_QUOTING: Final = "Invalid value"
_WHERE: Final = " - at `"

_Document = TypeVar("_Document")
_Item = TypeVar("_Item")


class UnreadableAnswer(Exception):
    """A body is not the JSON that the Kubernetes API sends. Its text quotes no value."""


class ListMeta(Struct):
    """What a list, and the error that its expiry is, say of themselves: `v1.ListMeta`."""

    continue_: str = field(default="", name="continue")


class Page(Generic[_Item]):
    """One page of a list. `continue_token` is empty on the last page."""

    __slots__ = ("continue_token", "items")

    def __init__(self, items: Sequence[_Item], continue_token: str) -> None:
        self.items = items
        self.continue_token = continue_token


def seal(_kind: type, value: Any) -> Any:  # noqa: ANN401 - msgspec's signature
    """Seal a text for msgspec's `dec_hook`. Raises TypeError for what is no text."""
    # Called for every text of every object: `Identifying` is the only type it is asked for.
    if isinstance(value, str):
        return Identifying(value)
    message = "Expected `str`"
    raise TypeError(message)


def decode(body: bytes | bytearray, decoder: "msgspec.json.Decoder[_Document]") -> _Document:
    """Return the document in `body`. Raises `UnreadableAnswer`."""
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableAnswer(_in_words(error)) from error


def _in_words(error: Exception) -> str:
    """Return what is wrong and where; msgspec quotes one kind of value, which is left out."""
    words = str(error)
    is_quoting = words.startswith(_QUOTING)
    return f"{_QUOTING}{words[words.rfind(_WHERE) :]}" if is_quoting else words


# One field for each public label key, of which only the presence counts: a value stays undecoded
# bytes, and what is no field of a struct is skipped without becoming an object. Nothing here is
# part of a cycle (`gc=False`), and a page is some ten thousand objects.
_LABEL_KEYS: Final = public_label_keys()
_Labels: Final = msgspec.defstruct(
    "_Labels",
    [(f"key_{place}", Raw, field(default=None, name=key)) for place, key in enumerate(_LABEL_KEYS)],
    gc=False,
)


class _NodeMetadata(Struct, gc=False):
    name: Identifying
    labels: _Labels | None = None  # type: ignore[valid-type]  # made of data


class _NodeSpec(Struct, gc=False):
    provider_id: Identifying = field(default=EMPTY, name="providerID")


class _NodeInfo(Struct, gc=False, rename="camel"):
    machine_id: Identifying = field(default=EMPTY, name="machineID")
    system_uuid: Identifying = field(default=EMPTY, name="systemUUID")
    operating_system: Identifying = EMPTY
    os_image: Identifying = EMPTY
    kernel_version: Identifying = EMPTY
    architecture: Identifying = EMPTY
    container_runtime_version: Identifying = EMPTY
    kubelet_version: Identifying = EMPTY


class _NodeStatus(Struct, gc=False, rename="camel"):
    node_info: _NodeInfo = field(default_factory=_NodeInfo)
    capacity: dict[Identifying, Identifying] = field(default_factory=dict)


class _Node(Struct, gc=False):
    metadata: _NodeMetadata
    spec: _NodeSpec = field(default_factory=_NodeSpec)
    status: _NodeStatus = field(default_factory=_NodeStatus)


class _NodeList(Struct, tag_field="kind", tag="NodeList"):
    metadata: ListMeta
    items: list[_Node] | None


class _Version(Struct, rename="camel"):
    git_version: Identifying = EMPTY


class _NamespaceMeta(Struct):
    uid: Identifying


class _Namespace(Struct):
    metadata: _NamespaceMeta


class _Status(Struct):
    message: str = ""
    metadata: ListMeta = field(default_factory=ListMeta)


def read_node_page(body: bytes | bytearray) -> Page[NodeObservation]:
    """Return the nodes of a `v1.NodeList`. Raises `UnreadableAnswer`."""
    page = decode(body, _NODE_LIST)
    return Page([_observed(node) for node in page.items or ()], page.metadata.continue_)


def read_version(body: bytes | bytearray) -> Identifying:
    """Return `gitVersion` of a `version.Info`. Raises `UnreadableAnswer`."""
    return decode(body, _VERSION).git_version


def read_uid(body: bytes | bytearray) -> Identifying:
    """Return `metadata.uid` of a `v1.Namespace`. Raises `UnreadableAnswer`."""
    return decode(body, _NAMESPACE).metadata.uid


def read_fresh_token(body: bytes | bytearray) -> str:
    """Return the continue token that a `v1.Status` with reason `Expired` may carry, or ""."""
    return _status(body).metadata.continue_


def read_message(body: bytes | bytearray) -> str:
    """Return the message of a `v1.Status`, or "" where the body is none."""
    return _status(body).message


_NODE_LIST: Final = msgspec.json.Decoder(_NodeList, dec_hook=seal)
_VERSION: Final = msgspec.json.Decoder(_Version, dec_hook=seal)
_NAMESPACE: Final = msgspec.json.Decoder(_Namespace, dec_hook=seal)
_NO_KEYS: Final[frozenset[str]] = frozenset()
_STATUS: Final = msgspec.json.Decoder(_Status)


def _status(body: bytes | bytearray) -> _Status:
    try:
        return decode(body, _STATUS)
    except UnreadableAnswer:
        return _Status()


def _observed(node: _Node) -> NodeObservation:
    return NodeObservation(
        name=node.metadata.name,
        provider_id=node.spec.provider_id,
        capacity=node.status.capacity,
        label_keys=_label_keys(node.metadata.labels),
        **msgspec.structs.asdict(node.status.node_info),
    )


def _label_keys(labels: Struct | None) -> frozenset[str]:
    if labels is None:
        return _NO_KEYS
    return frozenset(compress(_LABEL_KEYS, msgspec.structs.astuple(labels)))
