"""Deleting the days that are too old."""

from collector.warehouse.parquet.engine import Engine, FileDamaged
from collector.warehouse.parquet.folder import Folder
from collector.warehouse.parquet.layout import parse_day, today
from collector.warehouse.parquet.reading import opened_files


def expire_days(folder: Folder, engine: Engine, *, days: int, now: float) -> int:
    """Delete each day that was over more than `days` days before `now`, UNIX seconds.

    Returns how many reports that were; those of damaged files are not counted.
    Raises `WarehouseUnavailable`.
    """
    count = 0
    for day in folder.days():
        number = parse_day(day)
        if number is not None and number + 1 + days <= today(now):
            with folder.writing() as staging:
                count += _count(folder, engine, day)
                folder.remove(staging, day)
    return count


def _count(folder: Folder, engine: Engine, day: str) -> int:
    count = 0
    for name in folder.files(day):
        with opened_files([folder.path / day / name]) as files:
            try:
                count += engine.count(files.addresses[0])
            except FileDamaged:
                continue
    return count
