"""A folder of Parquet files as a warehouse: each row exactly once.

A batch is one file, there whole or not at all; its name tells the watermark.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final, TypeAlias

from collector.records import Batch, SpooledReport, Watermark
from collector.warehouse import BatchLimits, Forgotten, Warehouse
from collector.warehouse.columns import line_of
from collector.warehouse.dead_letters import DEAD_LETTERS_FILE, DeadLetters
from collector.warehouse.parquet.engine import Engine, RowsRefused
from collector.warehouse.parquet.folder import Folder
from collector.warehouse.parquet.layout import day_name, name_of
from collector.warehouse.parquet.staging import Staging
from collector.warehouse.parquet.upkeep import compact, expire_days, forget_cluster

_LINES: Final = "lines.json"
_FILE: Final = "file.parquet"

GiveUp: TypeAlias = Callable[[SpooledReport, str], None]


class ParquetWarehouse(Warehouse):
    """The folder, and the one collector that writes to it."""

    limits = BatchLimits(max_reports=10_000, max_bytes=8 * 1024 * 1024)

    def __init__(self, folder: Folder, *, give_up: GiveUp) -> None:
        """`give_up` keeps a report that cannot be written, with the reason.

        Raises `WarehouseUnavailable` or `WarehouseUnusable`.
        """
        self._folder: Final = folder
        self._give_up: Final = give_up
        folder.prepare()
        with ExitStack() as opened:
            opened.enter_context(folder.owned())
            with folder.writing():
                pass  # what a process that died left behind is gone
            self._engine: Final = Engine()
            opened.callback(self._engine.close)
            self._opened: Final = opened.pop_all()

    def watermark(self, spool_id: str) -> Watermark | None:
        """Return the last row of that spool that the name of a file tells."""
        return self._folder.watermark(spool_id)

    def write(self, batch: Batch) -> None:
        """Write the batch as a file of its day; a report that cannot be is a dead letter."""
        write_batch(self._folder, self._engine, batch, self._give_up)

    def compact(self, *, now: float) -> None:
        """Merge the files of each day that is over by `now`, UNIX seconds."""
        compact(self._folder, self._engine, now=now)

    def expire(self, *, days: int, now: float) -> int:
        """Delete the days that were over more than `days` days before `now`."""
        return expire_days(self._folder, self._engine, days=days, now=now)

    def close(self) -> None:
        """Let others write to the folder."""
        self._opened.close()


def forget_in(path: Path, cluster_id: str) -> Forgotten:
    """Delete the reports of a cluster from a folder, also beside the collector that writes there.

    Raises `WarehouseUnavailable`.
    """
    if not path.is_dir():
        return Forgotten(0)
    with closing(Engine()) as engine:
        return forget_cluster(Folder(path), engine, cluster_id)


def open_parquet(path: Path, *, data_dir: Path) -> ParquetWarehouse:
    """Open the folder at `path` for a collector with that data directory.

    Raises `WarehouseUnavailable`, `WarehouseUnusable` or `FileUnusable`.
    """

    def give_up(report: SpooledReport, reason: str) -> None:
        with closing(DeadLetters(data_dir / DEAD_LETTERS_FILE, clock=time.time)) as letters:
            letters.add([(report, reason)])

    return ParquetWarehouse(Folder(path), give_up=give_up)


def write_batch(folder: Folder, engine: Engine, batch: Batch, give_up: GiveUp) -> None:
    """Write a batch, which is of one day, as a file. Raises `WarehouseUnavailable`.

    Where DuckDB refuses it, its halves are written, until a report is refused alone.
    """
    with folder.writing() as staging:
        try:
            _write(folder, engine, staging, batch)
        except RowsRefused as error:
            refused: RowsRefused | None = error
        else:
            refused = None
    if refused is None:
        return
    if len(batch.reports) == 1:
        give_up(batch.reports[0], str(refused))
        return
    middle = len(batch.reports) // 2
    for part in (batch.reports[:middle], batch.reports[middle:]):
        write_batch(folder, engine, Batch(batch.spool_id, part), give_up)


def _write(folder: Folder, engine: Engine, staging: Staging, batch: Batch) -> None:
    with (staging.path / _LINES).open("xb") as lines:
        lines.writelines(line_of(each, with_key=False) for each in batch.reports)
    engine.write_lines(staging.fd_path(_LINES), staging.fd_path(_FILE))
    day = day_name(batch.reports[0].day)
    folder.publish(staging, _FILE, day, str(name_of(batch)))
