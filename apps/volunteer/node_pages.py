"""Kubernetes' JSON, reduced to the few fields that a report needs, sealed while it is decoded.

Field names are those of `v1.NodeList`, `v1.Namespace`, `v1.Status` and `version.Info`. A text that
may identify something becomes `Identifying` inside the decoder: it is never a `str` in between.
"""

from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct, field

from report import Identifying, NodeObservation

_EMPTY: Final = Identifying("")
_Document = TypeVar("_Document")


class UnreadableAnswer(Exception):
    """A body is not the JSON that the Kubernetes API sends. Its text quotes no value."""


class _NodeName(Struct):
    name: Identifying


class _NodeSpec(Struct):
    provider_id: Identifying = field(default=_EMPTY, name="providerID")


class _NodeInfo(Struct, rename="camel"):
    machine_id: Identifying = field(default=_EMPTY, name="machineID")
    system_uuid: Identifying = field(default=_EMPTY, name="systemUUID")
    operating_system: Identifying = _EMPTY
    os_image: Identifying = _EMPTY
    kernel_version: Identifying = _EMPTY
    architecture: Identifying = _EMPTY
    container_runtime_version: Identifying = _EMPTY
    kubelet_version: Identifying = _EMPTY


class _NodeStatus(Struct, rename="camel"):
    node_info: _NodeInfo = field(default_factory=_NodeInfo)
    capacity: dict[Identifying, Identifying] = field(default_factory=dict)


class _Node(Struct):
    metadata: _NodeName
    spec: _NodeSpec = field(default_factory=_NodeSpec)
    status: _NodeStatus = field(default_factory=_NodeStatus)


class _ListMeta(Struct):
    continue_: str = field(default="", name="continue")


class _NodeList(Struct, tag_field="kind", tag="NodeList"):
    metadata: _ListMeta
    items: list[_Node] | None


class _Version(Struct, rename="camel"):
    git_version: Identifying = _EMPTY


class _NamespaceMeta(Struct):
    uid: Identifying


class _Namespace(Struct):
    metadata: _NamespaceMeta


class _Status(Struct):
    message: str = ""
    metadata: _ListMeta = field(default_factory=_ListMeta)


class NodePage:
    """One page of a list of nodes. `continue_token` is empty on the last page."""

    __slots__ = ("continue_token", "nodes")

    def __init__(self, nodes: list[NodeObservation], continue_token: str) -> None:
        self.nodes = nodes
        self.continue_token = continue_token


def read_node_page(body: bytes | bytearray) -> NodePage:
    """Return the nodes of a `v1.NodeList`. Raises `UnreadableAnswer`."""
    page = _decode(body, _NODE_LIST)
    return NodePage([_observed(node) for node in page.items or ()], page.metadata.continue_)


def read_version(body: bytes | bytearray) -> Identifying:
    """Return `gitVersion` of a `version.Info`. Raises `UnreadableAnswer`."""
    return _decode(body, _VERSION).git_version


def read_uid(body: bytes | bytearray) -> Identifying:
    """Return `metadata.uid` of a `v1.Namespace`. Raises `UnreadableAnswer`."""
    return _decode(body, _NAMESPACE).metadata.uid


def read_fresh_token(body: bytes | bytearray) -> str:
    """Return the continue token that a `v1.Status` with reason `Expired` may carry, or ""."""
    return _status(body).metadata.continue_


def read_message(body: bytes | bytearray) -> str:
    """Return the message of a `v1.Status`, or "" where the body is none."""
    return _status(body).message


def _seal(_kind: type, value: Any) -> Any:  # noqa: ANN401 - msgspec's signature
    # Called for every text of every node: `Identifying` is the only type it is asked for.
    if isinstance(value, str):
        return Identifying(value)
    message = "Expected `str`"
    raise TypeError(message)


_NODE_LIST: Final = msgspec.json.Decoder(_NodeList, dec_hook=_seal)
_VERSION: Final = msgspec.json.Decoder(_Version, dec_hook=_seal)
_NAMESPACE: Final = msgspec.json.Decoder(_Namespace, dec_hook=_seal)
_STATUS: Final = msgspec.json.Decoder(_Status)


def _status(body: bytes | bytearray) -> _Status:
    try:
        return _decode(body, _STATUS)
    except UnreadableAnswer:
        return _Status()


def _decode(body: bytes | bytearray, decoder: "msgspec.json.Decoder[_Document]") -> _Document:
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableAnswer(str(error)) from error


def _observed(node: _Node) -> NodeObservation:
    info = node.status.node_info
    return NodeObservation(
        name=node.metadata.name,
        machine_id=info.machine_id,
        system_uuid=info.system_uuid,
        provider_id=node.spec.provider_id,
        operating_system=info.operating_system,
        os_image=info.os_image,
        kernel_version=info.kernel_version,
        architecture=info.architecture,
        container_runtime_version=info.container_runtime_version,
        kubelet_version=info.kubelet_version,
        capacity=node.status.capacity,
    )
