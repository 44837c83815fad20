"""Finding files that are damaged, or no files of reports."""

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from collector.warehouse.parquet.engine import Engine, FileDamaged
from collector.warehouse.parquet.reading import OpenedFile


def damaged_files(files: Iterable[OpenedFile]) -> tuple[Path, ...]:
    """Read all of `files`, and return the paths of those that cannot be read."""
    with closing(Engine()) as engine:
        return tuple(each.path for each in files if not _is_sound(engine, each))


def _is_sound(engine: Engine, file: OpenedFile) -> bool:
    try:
        engine.check(file.address)
    except FileDamaged:
        return False
    return True
