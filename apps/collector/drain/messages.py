"""What the collector and the process that drains its spool say to each other.

They share a stream socket. The collector sends single bytes, the drain lines of JSON. When one end
closes, the other knows that the process there is gone.
"""

import enum
from typing import Final, TypeAlias

import msgspec
from msgspec import Struct

from collector.records import Watermark


class Order(enum.Enum):
    """What the collector tells the drain."""

    WAKE = b"w"
    """Rows were committed."""

    FINISH = b"f"
    """Drain until the spool is empty, then end."""


class Opened(Struct, frozen=True, tag="opened"):
    """The database is open and holds the spool through `watermark`; None where it cannot tell."""

    watermark: Watermark | None


class Missing(Struct, frozen=True, tag="missing"):
    """The spool has no longer the rows just above the database's position: `count` of them."""

    count: int


class Lacking(Struct, frozen=True, tag="lacking"):
    """The database's table lacks these columns: what reports hold there is not kept."""

    columns: tuple[str, ...]


class Written(Struct, frozen=True, tag="written"):
    """The database holds the spool through `watermark`: the rows may be deleted.

    `reports` of them came in the last batch, which took `seconds` to write.
    """

    watermark: Watermark
    reports: int
    seconds: float


class Unavailable(Struct, frozen=True, tag="unavailable"):
    """The database takes nothing now, and will be tried again."""

    reason: str


class Refused(Struct, frozen=True, tag="refused"):
    """The database or the spool cannot be used as it is; the drain ends."""

    reason: str


class Expired(Struct, frozen=True, tag="expired"):
    """Reports older than the retention were deleted: `count` of them."""

    count: int


class Neglected(Struct, frozen=True, tag="neglected"):
    """Something beside writing, such as compacting a day, cannot be done now."""

    reason: str


class Emptied(Struct, frozen=True, tag="emptied"):
    """The spool is empty, as the drain was told to make it; the drain ends."""


Message: TypeAlias = (
    Opened | Missing | Lacking | Written | Unavailable | Refused | Expired | Neglected | Emptied
)

_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(Message)


def encode_message(message: Message) -> bytes:
    """Return `message` as one line."""
    return _ENCODER.encode(message) + b"\n"


def decode_message(line: bytes) -> Message:
    """Return the message in `line`. Raises `msgspec.DecodeError`."""
    message: Message = _DECODER.decode(line)
    return message
