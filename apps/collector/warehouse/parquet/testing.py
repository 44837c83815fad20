"""For tests: a folder of reports, and a process that compacts it and forgets a cluster."""

import os
import sys
from contextlib import closing
from pathlib import Path
from typing import Final

from collector.disk.files import exchange_folders
from collector.records import SpooledReport
from collector.settings import REPORTS_FOLDER
from collector.warehouse.parquet.engine import Engine
from collector.warehouse.parquet.folder import Folder
from collector.warehouse.parquet.upkeep import Upkeep
from collector.warehouse.parquet.warehouse import ParquetWarehouse

FORGOTTEN: Final = "c-7"
"""The cluster that the process forgets."""


def never(one: Path, other: Path) -> bool:
    """Exchange no folders, as a file system that cannot."""
    del one, other
    return False


def open_folder(
    data_dir: Path, *, refused: list[tuple[str, str]] | None = None
) -> ParquetWarehouse:
    """Open the folder of a data directory; `refused` gets key and reason of each dead letter."""

    def note(report: SpooledReport, reason: str) -> None:
        if refused is None:
            raise AssertionError(reason)
        refused.append((report.report_key, reason))

    return ParquetWarehouse(folder_in(data_dir), add_dead_letter=note)


def folder_in(data_dir: Path) -> Folder:
    """Return the folder of a data directory."""
    can_exchange = os.environ.get("SPARTAKUS_TEST_EXCHANGE") != "two renames"
    return Folder(data_dir / REPORTS_FOLDER, exchange=exchange_folders if can_exchange else never)


def main() -> None:
    """Compact the folder of the data directory that is named, at the time that is given."""
    folder = folder_in(Path(sys.argv[1]))
    with closing(Engine()) as engine:
        upkeep = Upkeep(folder, engine)
        upkeep.compact(now=float(sys.argv[2]))
        upkeep.forget(FORGOTTEN)


if __name__ == "__main__":
    main()
