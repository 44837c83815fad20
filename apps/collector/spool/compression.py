"""How a report is kept in a row of the spool: compressed, so that there is less to make durable.

SQLite writes a row twice, to its log and to its file, and a report repeats itself from node to
node. A compressed report is a frame of Zstandard with a checksum (RFC 8878, 3.1.1): its first bytes
are those of no JSON object.
"""

from typing import Final

import zstandard

# The quick end of the scale: compressing more tightly takes longer than writing what it saves.
_LEVEL: Final = -3


class DamagedReport(ValueError):
    """What a row holds is not what was compressed."""


class ReportCompressor:
    """Compresses and decompresses reports. Each thread needs one of its own."""

    def __init__(self) -> None:
        self._zstandard: Final = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
        self._decompressor: Final = zstandard.ZstdDecompressor()

    def compress(self, encoded: bytes) -> bytes:
        """Return a report of compact JSON as a row holds it."""
        return self._zstandard.compress(encoded)

    def decompress(self, compressed: bytes) -> bytes:
        """Return the report that a row holds as compact JSON. Raises `DamagedReport`."""
        try:
            return self._decompressor.decompress(compressed)
        except zstandard.ZstdError as error:
            raise DamagedReport(str(error)) from error
