"""Files held open for reading: whatever happens to the folder meanwhile, they stay as they are.

DuckDB opens a file by its path, and again for each query. The path that it is given here leads to
an open descriptor, so a day that is rewritten, or deleted, is not noticed.
"""

import fcntl
import os
import resource
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from collector.disk.errors import reason_of
from collector.errors import CommandFailed, WarehouseUnavailable
from collector.warehouse.parquet.engine import Engine
from collector.warehouse.parquet.folder import Folder, Staging

_LINES_MEMORY: Final = "512MB"


@dataclass(frozen=True)
class OpenedFile:
    """A file by its path, and by the one at which DuckDB finds it while it is held open."""

    path: Path
    fd_path: str


class DamagedFiles(CommandFailed):
    """Files cannot be read."""

    def __init__(self, paths: Sequence[Path]) -> None:
        super().__init__(
            f"damaged: {', '.join(map(str, paths))}; restore copies, move them away, or go on"
            " without them by --skip-damaged"
        )


@contextmanager
def opened_files(paths: Iterable[Path]) -> Iterator[tuple[OpenedFile, ...]]:
    """Hold files open. Raises `WarehouseUnavailable`."""
    descriptors: list[int] = []
    try:
        yield tuple(_opened(each, descriptors) for each in paths)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


@contextmanager
def snapshot(folder: Folder) -> Iterator[tuple[OpenedFile, ...]]:
    """Hold all files of a folder open, as they are at one moment. Raises `WarehouseUnavailable`."""
    _allow_many_files()
    with ExitStack() as opened:
        with _no_day_replaced(folder):
            paths = [folder.path / day / name for day, name in folder.all_files()]
            files = opened.enter_context(opened_files(paths))
        yield files


def split_damaged(
    files: Iterable[OpenedFile], *, skip_damaged: bool
) -> tuple[list[OpenedFile], list[Path]]:
    """Read all of `files`; return those that can be read, and the paths of the others.

    Raises `DamagedFiles` for the others unless they are to be skipped.
    """
    with closing(Engine()) as engine:
        soundness = {each: engine.is_sound(each.fd_path) for each in files}
    sound = [each for each, is_sound in soundness.items() if is_sound]
    damaged = [each.path for each, is_sound in soundness.items() if not is_sound]
    if damaged and not skip_damaged:
        raise DamagedFiles(damaged)
    return sound, damaged


def lines_of(engine: Engine, files: Iterable[OpenedFile], staging: Staging) -> Iterator[bytes]:
    """Return each report as a line of JSON, as the wire has it, with the hour of receipt.

    Day by day, in no order that tells when in a day a report came. Whoever reads slowly keeps
    nobody waiting. Raises `WarehouseUnavailable`.
    """
    for day in _day_files(engine, files, staging):
        yield from _lines_at(day)


def lines_in(path: Path) -> Iterator[bytes]:
    """Return each report in one Parquet file as such a line. Raises `WarehouseUnavailable`."""
    with opened_files([path]) as (file,):
        yield from _lines_at(file.fd_path)


def write_one(engine: Engine, files: Iterable[OpenedFile], staging: Staging, target: str) -> None:
    """Write all reports as one Parquet file, in such an order. Raises `WarehouseUnavailable`."""
    engine.concatenate(list(_day_files(engine, files, staging)), target)


def _lines_at(fd_path: str) -> Iterator[bytes]:
    with closing(Engine(memory=_LINES_MEMORY)) as engine:
        yield from engine.lines(fd_path)


def _day_files(engine: Engine, files: Iterable[OpenedFile], staging: Staging) -> Iterator[str]:
    """Return one file a day: the day's own, or what its files are merged to."""
    days: defaultdict[str, list[str]] = defaultdict(list)
    for each in files:
        days[each.path.parent.name].append(each.fd_path)
    for day, fd_paths in days.items():
        if len(fd_paths) == 1:
            yield fd_paths[0]
            continue
        engine.merge(fd_paths, staging.fd_path(day), spill=staging.make_folder("spill"))
        yield staging.fd_path(day)


def _opened(path: Path, descriptors: list[int]) -> OpenedFile:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise WarehouseUnavailable(f"{path} cannot be opened: {reason_of(error)}") from error
    descriptors.append(descriptor)
    return OpenedFile(path, f"/proc/self/fd/{descriptor}")


@contextmanager
def _no_day_replaced(folder: Folder) -> Iterator[None]:
    try:
        lock = os.open(folder.path / ".reading", os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:  # a copy of a folder, or none: nobody replaces days there
        yield
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield
    finally:
        os.close(lock)


def _allow_many_files() -> None:
    """Ask for as many open files as the system allows this user."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
