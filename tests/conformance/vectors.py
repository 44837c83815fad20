"""Reads the vectors: one JSON file each, with the reason why it is here.

`body` is a document (sent as compact JSON), `text` a document to the letter, `base64` bytes.
An accepted vector tells what is `kept`; a rejected one the `path` and the beginning or a part of
the `rule` that the error must name.
"""

import base64
import json
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType

FOLDER = Path(__file__).parent


class Accepted(Struct, frozen=True, forbid_unknown_fields=True):
    """A document that every decoder accepts, and what it keeps of it."""

    reason: str
    kept: object
    body: object | UnsetType = UNSET
    text: str | UnsetType = UNSET


class Rejected(Struct, frozen=True, forbid_unknown_fields=True):
    """A document that every decoder refuses, naming `path` and `rule`."""

    reason: str
    path: str
    rule: str
    body: object | UnsetType = UNSET
    text: str | UnsetType = UNSET
    base64: str | UnsetType = UNSET


def document(vector: Accepted | Rejected) -> bytes:
    """Return the bytes to send."""
    if isinstance(vector, Rejected) and vector.base64 is not UNSET:
        return base64.b64decode(vector.base64)
    if vector.text is not UNSET:
        return vector.text.encode()
    return json.dumps(vector.body, separators=(",", ":")).encode()


def accepted() -> dict[str, Accepted]:
    """Return the accepted vectors by name."""
    return {path.stem: _read(path, Accepted) for path in sorted(FOLDER.glob("accepted/*.json"))}


def rejected() -> dict[str, Rejected]:
    """Return the rejected vectors by name."""
    return {path.stem: _read(path, Rejected) for path in sorted(FOLDER.glob("rejected/*.json"))}


_Vector = TypeVar("_Vector", Accepted, Rejected)


def _read(path: Path, kind: type[_Vector]) -> _Vector:
    return msgspec.json.decode(path.read_bytes(), type=kind)
