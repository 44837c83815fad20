"""A compressed body: decompressed within limits of size, members and processor time. Pure."""

import zlib
from collections.abc import Callable
from typing import Final

from collector.errors import BodyTooLarge, DecompressionTooCostly, InvalidCompression

MAX_MEMBERS: Final = 256
"""bgzip and its like make one of 64 KiB each, half as many of the largest body."""
MAX_PROCESSOR_SECONDS: Final = 0.1
"""An honest 8 MiB takes up to 0.05. Blocks that only describe their codes take 0.6 and say nothing
(RFC 1951, 3.2.7)."""
_PIECE_BYTES: Final = 64 * 1024
_GZIP_FORMAT: Final = 16 + zlib.MAX_WBITS


def decompress(body: bytes, *, limit: int, processor_seconds: Callable[[], float]) -> bytes:
    """Return the content of `body`, gzip data of one or more members (RFC 1952).

    Nothing beyond `limit` bytes is ever decompressed, so a small body cannot become a large one.
    Zeros behind a member are padding, as for gzip(1). `processor_seconds` counts this thread's.
    Raises `BodyTooLarge`, `DecompressionTooCostly`, and `InvalidCompression` for what is not gzip.
    """
    ends_at = processor_seconds() + MAX_PROCESSOR_SECONDS
    content = bytearray()
    member, members = zlib.decompressobj(_GZIP_FORMAT), 1
    # In pieces, because the rest behind a member is copied for each.
    for start in range(0, len(body), _PIECE_BYTES):
        piece = body[start : start + _PIECE_BYTES]
        while piece := piece.lstrip(b"\0") if member.eof else piece:
            if member.eof:
                member, members = zlib.decompressobj(_GZIP_FORMAT), members + 1
            content += _decompress(member, piece, at_most=limit + 1 - len(content))
            if len(content) > limit:
                raise BodyTooLarge(limit)
            piece = member.unused_data
            if members > MAX_MEMBERS or processor_seconds() > ends_at:
                raise DecompressionTooCostly
    if not member.eof:
        raise InvalidCompression
    return bytes(content)


def _decompress(member: "zlib._Decompress", piece: bytes, *, at_most: int) -> bytes:
    try:
        return member.decompress(piece, at_most)
    except zlib.error as error:
        raise InvalidCompression from error
