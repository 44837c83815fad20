"""What is done to days that were written: merged, rewritten without a cluster, deleted."""

import random
import secrets
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import msgspec

from collector.errors import WarehouseUnavailable
from collector.warehouse import Forgotten
from collector.warehouse.parquet.engine import Engine, FileDamaged
from collector.warehouse.parquet.folder import Folder
from collector.warehouse.parquet.layout import (
    SUFFIX,
    FileName,
    merged_name,
    parse_day,
    parse_file,
    today,
)
from collector.warehouse.parquet.reading import opened_files
from collector.warehouse.parquet.staging import Staging

SETTLED_SECONDS: Final = 900
"""How long a day has to be over: the last batch of it comes a minute late."""

MOST_FILES: Final = 512
"""Files from which on a day is merged though it is not over."""


def compact(folder: Folder, engine: Engine, *, now: float) -> None:
    """Merge the files of each day that is over by `now` (UNIX seconds): one file a spool.

    A damaged file stays as it is, beside the merged one. Raises `WarehouseUnavailable`.
    """
    settled = today(now - SETTLED_SECONDS)
    for day in folder.days():
        number = parse_day(day)
        is_over = number is not None and number < settled
        if len(folder.files(day)) > (1 if is_over else MOST_FILES):
            with folder.writing() as staging:
                _merge_day(folder, engine, staging, day)


def forget_cluster(folder: Folder, engine: Engine, cluster_id: str) -> Forgotten:
    """Delete the reports of a cluster, and say what could not be searched.

    A file of which nothing is left stays, empty, because its name tells the watermark.
    Raises `WarehouseUnavailable`.
    """
    removed = 0
    unread: list[str] = []
    with folder.writing() as staging:
        for day in folder.days():
            holding, damaged = _search(folder, engine, day, cluster_id)
            removed += _rewrite(folder, engine, staging, day, names=holding, cluster_id=cluster_id)
            unread += [str(folder.path / day / name) for name in damaged]
    if not unread:
        return Forgotten(removed)
    return Forgotten(
        removed,
        "these files cannot be read, so they may still hold reports of the cluster; delete them, or"
        f" restore copies and forget the cluster again: {', '.join(unread)}",
        is_incomplete=True,
    )


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


def _merge_day(folder: Folder, engine: Engine, staging: Staging, day: str) -> None:
    spools: defaultdict[str, list[FileName]] = defaultdict(list)
    for name in map(parse_file, folder.files(day)):
        if name is not None and _is_sound(folder, engine, day, str(name)):
            spools[name.spool_id].append(name)
    merged: list[tuple[str, str]] = []
    removed: list[str] = []
    for number, names in enumerate(spools.values()):
        if len(names) > 1:
            staged = f"merged-{number}"
            _merge_files(folder, engine, staging, day, names=names, staged=staged)
            merged.append((staged, str(merged_name(names, generation=secrets.token_hex(4)))))
            removed += map(str, names)
    if merged:
        folder.replace(staging, day, without=removed, staged=merged)


def _merge_files(
    folder: Folder,
    engine: Engine,
    staging: Staging,
    day: str,
    *,
    names: Sequence[FileName],
    staged: str,
) -> None:
    paths = [folder.path / day / str(each) for each in names]
    # Not in the order of their arrival: what is not sorted comes in the order of the files.
    random.SystemRandom().shuffle(paths)
    target = staging.fd_path(staged)
    with opened_files(paths) as files:
        fd_paths = [each.fd_path for each in files]
        engine.merge(fd_paths, target, spill=staging.make_folder("spill"))
        if sum(map(engine.count, fd_paths)) != engine.count(target):
            raise WarehouseUnavailable(
                f"merging {folder.path / day} lost rows; it is left as it was"
            )


def _search(
    folder: Folder, engine: Engine, day: str, cluster_id: str
) -> tuple[list[str], list[str]]:
    """Return the names of the files that hold a cluster, and of those that cannot be read."""
    holding: list[str] = []
    damaged: list[str] = []
    for name in folder.files(day):
        with _opened(folder, day, name) as fd_path:
            try:
                if engine.holds(fd_path, cluster_id):
                    holding.append(name)
            except FileDamaged:
                damaged.append(name)
    return holding, damaged


def _rewrite(
    folder: Folder,
    engine: Engine,
    staging: Staging,
    day: str,
    *,
    names: Sequence[str],
    cluster_id: str,
) -> int:
    """Replace a day by one whose files are without a cluster; return how many reports went."""
    count = 0
    staged: list[tuple[str, str]] = []
    for number, name in enumerate(names):
        target = f"{day}-{number}"
        with _opened(folder, day, name) as fd_path:
            count += engine.write_without(fd_path, cluster_id, staging.fd_path(target))
        staged.append((target, _rewritten(name)))
    if names:
        folder.replace(staging, day, without=names, staged=staged)
    return count


def _rewritten(name: str) -> str:
    """Return a name of its own for what a file holds now: the same rows, for whoever reads it."""
    generation = secrets.token_hex(4)
    parsed = parse_file(name)
    if parsed is None:  # somebody else's file in our folder
        return f"{name.removesuffix(SUFFIX)}-{generation}{SUFFIX}"
    return str(msgspec.structs.replace(parsed, generation=generation))


def _count(folder: Folder, engine: Engine, day: str) -> int:
    count = 0
    for name in folder.files(day):
        with _opened(folder, day, name) as fd_path:
            try:
                count += engine.count(fd_path)
            except FileDamaged:
                continue
    return count


def _is_sound(folder: Folder, engine: Engine, day: str, name: str) -> bool:
    with _opened(folder, day, name) as fd_path:
        return engine.is_sound(fd_path)


@contextmanager
def _opened(folder: Folder, day: str, name: str) -> Iterator[str]:
    with opened_files([folder.path / day / name]) as (file,):
        yield file.fd_path
