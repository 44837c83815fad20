"""Standard output as a database: one line of JSON a report."""

import os
from typing import Final

from collector.errors import WarehouseUnavailable
from collector.records import Batch, RowRange, Watermark
from collector.warehouse import BatchLimits
from collector.warehouse.lines import line_of

LIMITS: Final = BatchLimits(max_reports=1_000, max_bytes=4 * 1024 * 1024)


class StdoutDatabase:
    """Writes reports as lines to a file descriptor. At least once: it keeps no position."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: Final = descriptor

    @property
    def limits(self) -> BatchLimits:
        """How large a batch should be."""
        return LIMITS

    def position(self, spool_id: str) -> Watermark | None:
        """Return None: what was printed is not known."""
        del spool_id
        return None

    def begun(self, spool_id: str) -> RowRange | None:
        """Return None: as above."""
        del spool_id
        return None

    def write(self, batch: Batch) -> None:
        """Print the batch. After a failure the last line may be cut, and all come again."""
        rest = memoryview(b"".join(line_of(each) for each in batch.reports))
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError as error:
            raise WarehouseUnavailable(
                f"standard output cannot be written: {error.strerror}"
            ) from error

    def close(self) -> None:
        """Leave the descriptor open: it is the program's, not ours."""
