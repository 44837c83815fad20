"""Kubernetes' JSON, sealed while it is decoded.

A text that may identify something becomes `Identifying` inside the decoder: it is never a `str` in
between.
"""

from collections.abc import Sequence
from typing import Any, Final, Generic, TypeVar

import msgspec
from msgspec import Struct, field

from report import Identifying

EMPTY: Final = Identifying("")
"""What the API does not say."""

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
