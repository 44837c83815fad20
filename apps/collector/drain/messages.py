"""What the collector and the process that drains its spool say to each other.

They share a stream socket. Both send lines of JSON: the collector commands, the drain messages.
When one end is closed, the other knows that the process there is gone
(docs/decisions/0024-one-codec-between-processes.md).
"""

from collections.abc import Iterator
from contextlib import suppress
from socket import socket
from typing import Final, TypeAlias, TypeVar

import msgspec
from msgspec import Struct

from collector.errors import DrainFailed
from collector.records import Watermark

_Line = TypeVar("_Line")


class Wake(Struct, frozen=True, tag="wake"):
    """Rows were committed."""


class Finish(Struct, frozen=True, tag="finish"):
    """Drain until the spool is empty, then exit."""


Command: TypeAlias = Wake | Finish


class Opened(Struct, frozen=True, tag="opened"):
    """The warehouse is open and holds the spool through `watermark`; None where it cannot tell."""

    watermark: Watermark | None


class Missing(Struct, frozen=True, tag="missing"):
    """The `count` rows just above the warehouse's watermark are no longer in the spool."""

    count: int


class Lacking(Struct, frozen=True, tag="lacking"):
    """The warehouse's table lacks these columns: what reports hold there is not kept."""

    columns: tuple[str, ...]


class Written(Struct, frozen=True, tag="written"):
    """The warehouse holds the spool through `watermark`: the rows may be deleted.

    `reports` of them came in the last batch, which took `seconds` to write.
    """

    watermark: Watermark
    reports: int
    seconds: float


class Unavailable(Struct, frozen=True, tag="unavailable"):
    """The warehouse takes nothing now. The drain tries again."""

    reason: str


class Unusable(Struct, frozen=True, tag="unusable"):
    """The warehouse or the spool cannot be used as it is. The drain exits."""

    reason: str


class Expired(Struct, frozen=True, tag="expired"):
    """Reports older than the retention were deleted: `count` of them."""

    count: int


class UpkeepFailed(Struct, frozen=True, tag="upkeep-failed"):
    """Something besides writing, such as compacting a day, cannot be done now."""

    reason: str


class Emptied(Struct, frozen=True, tag="emptied"):
    """The spool is empty, as the drain was told to make it. The drain exits."""


Message: TypeAlias = (
    Opened | Missing | Lacking | Written | Unavailable | Unusable | Expired | UpkeepFailed | Emptied
)

_ENCODER: Final = msgspec.json.Encoder()
_COMMANDS: Final = msgspec.json.Decoder(Command)
_MESSAGES: Final = msgspec.json.Decoder(Message)


def encode_line(sent: Command | Message) -> bytes:
    """Return a command or a message as one line."""
    return _ENCODER.encode(sent) + b"\n"


def commands_from(connection: socket) -> Iterator[Command]:
    """Return the commands that arrive until the connection is closed, as `messages_from`."""
    return _lines_from(connection, _COMMANDS)


def messages_from(connection: socket) -> Iterator[Message]:
    """Return the messages that arrive until the connection is closed.

    Raises `DrainFailed` for a line that means nothing to this version.
    """
    return _lines_from(connection, _MESSAGES)


def _lines_from(connection: socket, decoder: "msgspec.json.Decoder[_Line]") -> Iterator[_Line]:
    with connection.makefile("rb") as lines, suppress(OSError):
        for line in lines:
            try:
                yield decoder.decode(line)
            except msgspec.DecodeError as error:
                raise DrainFailed("the drain is of another version than the collector") from error
