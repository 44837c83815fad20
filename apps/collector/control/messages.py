"""What passes over the socket: a request as one line of JSON, an answer in pieces.

A piece is a letter, a length (4 bytes, big endian) and as many bytes. An answer is any number of
pieces of data and then its end: done (JSON), or failed (a sentence). One that breaks off has none.
"""

import enum
import struct
from typing import BinaryIO, Final, TypeAlias

import msgspec
from msgspec import Struct

from collector.warehouse.abilities import Forgotten, Format

SOCKET_NAME: Final = "control"
MAX_REQUEST_BYTES: Final = 4_096
_HEAD: Final = struct.Struct(">cI")


class Export(Struct, frozen=True, tag="export"):
    """Send all reports as data."""

    form: Format


class Forget(Struct, frozen=True, tag="forget"):
    """Delete the reports of a cluster."""

    cluster_id: str


Request: TypeAlias = Export | Forget


class Exported(Struct, frozen=True, tag="exported"):
    """All reports were sent: `count` of them."""

    count: int


class HasForgotten(Struct, frozen=True, tag="forgotten"):
    """The reports of the cluster were deleted."""

    forgotten: Forgotten


Done: TypeAlias = Exported | HasForgotten


class Kind(enum.Enum):
    """What a piece of an answer is."""

    DATA = b"d"
    DONE = b"o"
    FAILED = b"e"


_ENCODER: Final = msgspec.json.Encoder()
_REQUEST: Final = msgspec.json.Decoder(Request)
_DONE: Final = msgspec.json.Decoder(Done)


def encode(message: Request | Done) -> bytes:
    """Return `message` as JSON."""
    return _ENCODER.encode(message)


def decode_request(line: bytes) -> Request:
    """Return the request in `line`. Raises `msgspec.DecodeError`."""
    request: Request = _REQUEST.decode(line)
    return request


def decode_done(content: bytes) -> Done:
    """Return the end of an answer. Raises `msgspec.DecodeError`."""
    done: Done = _DONE.decode(content)
    return done


def encode_piece(kind: Kind, content: bytes) -> bytes:
    """Return a piece of an answer."""
    return _HEAD.pack(kind.value, len(content)) + content


def read_piece(stream: BinaryIO) -> tuple[Kind, bytes] | None:
    """Return the next piece of an answer, None where it broke off. Raises `ValueError`."""
    head = stream.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    letter, length = _HEAD.unpack(head)
    content = stream.read(length)
    return (Kind(letter), content) if len(content) == length else None
