"""Merging the files of a day that is over: one file a spool."""

import random
import secrets
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from collector.errors import WarehouseUnavailable
from collector.warehouse.parquet.engine import Engine, FileDamaged
from collector.warehouse.parquet.folder import Folder
from collector.warehouse.parquet.layout import (
    FileName,
    merged_name,
    parse_day,
    parse_file,
    today,
)
from collector.warehouse.parquet.reading import opened_files
from collector.warehouse.parquet.staging import Staging

_SPILL: Final = "spill"
SETTLED_SECONDS: Final = 900
"""How long a day has to be over: the last batch of it comes a minute late."""

MOST_FILES: Final = 512
"""Files from which on a day is merged though it is not over."""


def compact(folder: Folder, engine: Engine, *, now: float) -> None:
    """Merge what is due by `now`, UNIX seconds. Raises `WarehouseUnavailable`.

    A damaged file stays as it is, beside the merged one.
    """
    settled = today(now - SETTLED_SECONDS)
    for day in folder.days():
        number = parse_day(day)
        is_over = number is not None and number < settled
        files = folder.files(day)
        if len(files) > (1 if is_over else MOST_FILES):
            with folder.writing() as staging:
                _merge(folder, engine, staging, day)


def _merge(folder: Folder, engine: Engine, staging: Staging, day: str) -> None:
    """Merge a day; nothing else changes it meanwhile."""
    merged: list[tuple[str, str]] = []
    removed: list[str] = []
    for number, names in enumerate(_by_spool(folder.files(day))):
        sound = [name for name in names if _is_sound(folder, engine, day, name)]
        if len(sound) > 1:
            staged = f"merged-{number}"
            _merge_files(engine, staging, [folder.path / day / str(each) for each in sound], staged)
            merged.append((staged, str(merged_name(sound, generation=secrets.token_hex(4)))))
            removed += map(str, sound)
    if merged:
        folder.replace(staging, day, without=removed, staged=merged)


def _merge_files(engine: Engine, staging: Staging, paths: list[Path], staged: str) -> None:
    # Not in the order of their arrival: what is not sorted comes in the order of the files.
    random.SystemRandom().shuffle(paths)
    staging.make_folder(_SPILL)
    with opened_files(paths) as files:
        engine.merge(files.addresses, staging.address(staged), spill=staging.address(_SPILL))
        counts = [engine.count(each) for each in (*files.addresses, staging.address(staged))]
    if sum(counts[:-1]) != counts[-1]:
        raise WarehouseUnavailable(f"merging {paths[0].parent} lost rows; it is left as it was")


def _is_sound(folder: Folder, engine: Engine, day: str, name: FileName) -> bool:
    with opened_files([folder.path / day / str(name)]) as files:
        try:
            engine.check(files.addresses[0])
        except FileDamaged:
            return False
    return True


def _by_spool(names: Iterable[str]) -> list[list[FileName]]:
    spools: defaultdict[str, list[FileName]] = defaultdict(list)
    for name in names:
        parsed = parse_file(name)
        if parsed is not None:
            spools[parsed.spool_id].append(parsed)
    return list(spools.values())
