"""What the original's collector reads of a document: its structs, by the rules of its decoder.

Source: https://pkg.go.dev/encoding/json#Unmarshal. A key is matched to a field by its exact name,
else without letter case; a key that matches none is ignored; `null` leaves a field as it is; a
value of another type is an error. The fields are those of the original's v1.1.0.
"""

import json
from collections.abc import Mapping
from typing import TypeAlias

Shape: TypeAlias = type[str] | list["Shape"] | Mapping[str, "Shape"]
"""A text, a list of some shape, or a struct: shapes by the names of its fields."""

_RESOURCE: Shape = {"resource": str, "value": str}
_NODE: Shape = {
    "id": str,
    "operatingSystem": str,
    "osImage": str,
    "kernelVersion": str,
    "architecture": str,
    "containerRuntimeVersion": str,
    "kubeletVersion": str,
    "cloudProvider": str,
    "capacity": [_RESOURCE],
}
REPORT: Shape = {
    "version": str,
    "timestamp": str,
    "clusterID": str,
    "masterVersion": str,
    "nodes": [_NODE],
    "extensions": [{"name": str, "value": str}],
}


class GoDecodeError(Exception):
    """The original would answer 400."""


def decode(body: bytes) -> object:
    """Return what the original keeps of `body`. Raises `GoDecodeError`."""
    return _value(json.loads(body), REPORT)


def _value(value: object, shape: Shape) -> object:
    match value, shape:
        case str(), type():
            return value
        case list(), [member_shape]:
            return [_value(member, member_shape) for member in value if member is not None]
        case dict(), Mapping():
            return _struct(value, shape)
        case _:
            raise GoDecodeError(f"cannot unmarshal {type(value).__name__}")


def _struct(value: Mapping[str, object], shape: Mapping[str, Shape]) -> dict[str, object]:
    folded = {name.casefold(): name for name in shape}
    found: dict[str, object] = {}
    for key, member in value.items():
        name = key if key in shape else folded.get(key.casefold())
        if name is not None and member is not None:
            found[name] = _value(member, shape[name])
    return found
