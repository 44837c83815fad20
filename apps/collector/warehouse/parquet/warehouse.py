"""A folder of Parquet files as a warehouse: each row exactly once.

A batch is one file, there whole or not at all; its name gives the watermark.
"""

from collections.abc import Callable
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

from collector.records import Batch, BatchLimits, SpooledReport, Watermark
from collector.warehouse import Warehouse
from collector.warehouse.dead_letters import DEAD_LETTERS_FILE, add_dead_letter
from collector.warehouse.parquet.engine import Engine, UnwritableRows
from collector.warehouse.parquet.folder import Folder, day_name, name_of
from collector.warehouse.parquet.upkeep import Upkeep

_LINES: Final = "lines.json"
_FILE: Final = "file.parquet"

AddDeadLetter: TypeAlias = Callable[[SpooledReport, str], None]


class ParquetWarehouse(Warehouse):
    """The folder, and the one collector that writes to it."""

    limits = BatchLimits(max_reports=10_000, max_bytes=8 * 1024 * 1024)

    def __init__(self, folder: Folder, *, add_dead_letter: AddDeadLetter) -> None:
        """`add_dead_letter` keeps a report that cannot be written, with the reason.

        Raises `WarehouseUnavailable` or `WarehouseUnusable`.
        """
        self._folder: Final = folder
        self._add_dead_letter: Final = add_dead_letter
        folder.prepare()
        with ExitStack() as opened:
            opened.enter_context(folder.owned())
            with folder.writing():
                pass  # what a process that died left behind is gone
            self._engine: Final = opened.enter_context(closing(Engine()))
            self._opened: Final = opened.pop_all()
        self._upkeep: Final = Upkeep(folder, self._engine)

    def watermark(self, spool_id: str) -> Watermark | None:
        """Return the last row of that spool according to the names of files."""
        return self._folder.watermark(spool_id)

    def write(self, batch: Batch) -> None:
        """Write the batch, which is of one day, as a file of that day.

        Where DuckDB refuses it, its halves are written, until a report is refused alone: that one
        is a dead letter.
        """
        reason = self._refusal(batch)
        if reason is None:
            return
        if len(batch.reports) == 1:
            self._add_dead_letter(batch.reports[0], reason)
            return
        middle = len(batch.reports) // 2
        for part in (batch.reports[:middle], batch.reports[middle:]):
            self.write(Batch(batch.spool_id, part))

    def compact(self, *, now: float) -> None:
        """Merge the files of each day that is over by `now`, UNIX seconds."""
        self._upkeep.compact(now=now)

    def expire(self, *, days: int, now: float) -> int:
        """Delete the days that were over more than `days` days before `now`."""
        return self._upkeep.expire(days=days, now=now)

    def close(self) -> None:
        """Let others write to the folder."""
        self._opened.close()

    def _refusal(self, batch: Batch) -> str | None:
        """Write the batch as a file; return why DuckDB refuses it, None where it does not."""
        with self._folder.writing() as staging:
            with (staging.path / _LINES).open("xb") as lines:
                lines.writelines(each.line(with_key=False) for each in batch.reports)
            try:
                self._engine.write_lines(staging.fd_path(_LINES), staging.fd_path(_FILE))
            except UnwritableRows as error:
                return str(error)
            day = day_name(batch.reports[0].day)
            self._folder.publish(staging, _FILE, day, str(name_of(batch)))
        return None


def open_parquet(path: Path, *, data_dir: Path) -> ParquetWarehouse:
    """Open the folder at `path` for a collector with that data directory.

    Raises `WarehouseUnavailable`, `WarehouseUnusable` or `FileUnusable`.
    """
    path_of_letters = data_dir / DEAD_LETTERS_FILE
    return ParquetWarehouse(Folder(path), add_dead_letter=partial(add_dead_letter, path_of_letters))
