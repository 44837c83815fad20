"""Removing a cluster: each day that holds it is rewritten without it."""

import secrets
from collections.abc import Sequence

import msgspec

from collector.warehouse import Forgotten
from collector.warehouse.parquet.engine import Engine, FileDamaged
from collector.warehouse.parquet.folder import Folder
from collector.warehouse.parquet.layout import SUFFIX, parse_file
from collector.warehouse.parquet.reading import opened_files
from collector.warehouse.parquet.staging import Staging


def forget_cluster(folder: Folder, engine: Engine, cluster_id: str) -> Forgotten:
    """Delete the reports of a cluster, and say what could not be searched.

    A file of which nothing is left stays, empty, because its name tells the position.
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


def _search(
    folder: Folder, engine: Engine, day: str, cluster_id: str
) -> tuple[list[str], list[str]]:
    """Return the names of the files that hold a cluster, and of those that cannot be read."""
    holding: list[str] = []
    damaged: list[str] = []
    for name in folder.files(day):
        with opened_files([folder.path / day / name]) as files:
            try:
                if engine.holds(files.addresses[0], cluster_id):
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
    """Exchange a day for one whose files are without a cluster; return how many reports went."""
    count = 0
    staged: list[tuple[str, str]] = []
    for number, name in enumerate(names):
        target = f"{day}-{number}"
        with opened_files([folder.path / day / name]) as files:
            address = staging.address(target)
            count += engine.write_without(files.addresses[0], cluster_id, address)
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
