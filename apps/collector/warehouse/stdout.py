"""Standard output as a warehouse: one line of JSON a report."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from collector.errors import InvalidWarehouseAddress, WarehouseUnavailable
from collector.records import Batch, BatchLimits
from collector.warehouse import Warehouse, WarehouseAddress


class StdoutWarehouse(Warehouse):
    """Writes reports as lines to a file descriptor. At least once: it keeps no watermark."""

    limits = BatchLimits(max_reports=1_000, max_bytes=4 * 1024 * 1024)

    def __init__(self, descriptor: int) -> None:
        self._descriptor: Final = descriptor

    def write(self, batch: Batch) -> None:
        """Print the batch. After a failure the last line may be cut, and all come again."""
        rest = memoryview(b"".join(each.line(with_key=True) for each in batch.reports))
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError as error:
            raise WarehouseUnavailable(
                f"standard output cannot be written: {error.strerror}"
            ) from error

    def close(self) -> None:
        """Leave the descriptor open: it is the program's, not ours."""


@dataclass(frozen=True)
class Stdout(WarehouseAddress):
    """`stdout`: standard output."""

    form = "stdout"
    description = "one line of JSON a report on standard output"
    prefixes = ("stdout",)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return standard output where that is what `text` says, and nothing more."""
        if text != cls.form:
            raise InvalidWarehouseAddress(f"standard output is given as {cls.form}, not {text!r}")
        return cls()

    @property
    def text(self) -> str:
        """The address as `--database` takes it."""
        return self.form

    def open(self, data_dir: Path, environment: Mapping[str, str]) -> StdoutWarehouse:
        """Return what prints reports."""
        del data_dir, environment
        return StdoutWarehouse(1)
