"""What is done to days that were written: merged, rewritten without a cluster, deleted."""

import random
import secrets
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec

from collector.disk.files import FOLDER_MODE, link_or_copy, locked, sync_folder
from collector.errors import WarehouseUnavailable
from collector.warehouse import Forgotten
from collector.warehouse.parquet.engine import Engine, FileDamaged
from collector.warehouse.parquet.folder import (
    OLD,
    SUFFIX,
    FileName,
    Folder,
    Staging,
    merged_name,
    parse_day,
    parse_file,
    today,
)
from collector.warehouse.parquet.reading import opened_files

SETTLED_SECONDS: Final = 900
"""How long a day has to be over: its last batch comes a minute late."""

MOST_FILES: Final = 512
"""How many files a day may have before it is merged though it is not over."""


class Upkeep:
    """Changes the days of a folder. Every method raises `WarehouseUnavailable`."""

    def __init__(self, folder: Folder, engine: Engine) -> None:
        self._folder: Final = folder
        self._engine: Final = engine

    def compact(self, *, now: float) -> None:
        """Merge the files of each day that is over by `now` (UNIX seconds): one file a spool.

        A damaged file stays as it is, beside the merged one.
        """
        settled = today(now - SETTLED_SECONDS)
        for day in self._folder.days():
            number = parse_day(day)
            is_over = number is not None and number < settled
            if len(self._folder.files(day)) > (1 if is_over else MOST_FILES):
                with self._folder.writing() as staging:
                    self._merge_day(staging, day)

    def forget(self, cluster_id: str) -> Forgotten:
        """Delete the reports of a cluster, and say what could not be searched.

        A file of which nothing is left stays, empty, because its name gives the watermark.
        """
        removed = 0
        unread: list[str] = []
        with self._folder.writing() as staging:
            for day in self._folder.days():
                holding, damaged = self._search(day, cluster_id)
                removed += self._rewrite(staging, day, holding, cluster_id)
                unread += [str(self._folder.path / day / name) for name in damaged]
        if not unread:
            return Forgotten(removed)
        return Forgotten(
            removed,
            "these files cannot be read, so they may still hold reports of the cluster; delete"
            f" them, or restore copies and forget the cluster again: {', '.join(unread)}",
            is_incomplete=True,
        )

    def expire(self, *, days: int, now: float) -> int:
        """Delete each day that was over more than `days` days before `now`, UNIX seconds.

        Returns how many reports that were; those of damaged files are not counted.
        """
        count = 0
        for day in self._folder.days():
            number = parse_day(day)
            if number is not None and number + 1 + days <= today(now):
                with self._folder.writing() as staging:
                    count += self._count(day)
                    self._remove(staging, day)
        return count

    def _merge_day(self, staging: Staging, day: str) -> None:
        spools: defaultdict[str, list[FileName]] = defaultdict(list)
        for name in map(parse_file, self._folder.files(day)):
            if name is not None and self._is_sound(day, name):
                spools[name.spool_id].append(name)
        merged: list[tuple[str, str]] = []
        removed: list[str] = []
        for number, names in enumerate(spools.values()):
            if len(names) > 1:
                staged = f"merged-{number}"
                self._merge_files(staging, day, names, staged)
                merged.append((staged, str(merged_name(names, generation=secrets.token_hex(4)))))
                removed += map(str, names)
        if merged:
            self._replace(staging, day, without=removed, staged=merged)

    def _merge_files(
        self, staging: Staging, day: str, names: Sequence[FileName], staged: str
    ) -> None:
        paths = [self._folder.path / day / str(each) for each in names]
        # Not in the order of their arrival: what is not sorted comes in the order of the files.
        random.SystemRandom().shuffle(paths)
        target = staging.fd_path(staged)
        with opened_files(paths) as files:
            fd_paths = [each.fd_path for each in files]
            self._engine.merge(fd_paths, target, spill=staging.make_folder("spill"))
            if sum(map(self._engine.count, fd_paths)) != self._engine.count(target):
                raise WarehouseUnavailable(
                    f"merging {self._folder.path / day} lost rows; it is left as it was"
                )

    def _search(self, day: str, cluster_id: str) -> tuple[list[str], list[str]]:
        """Return the names of the files that hold a cluster, and of those that cannot be read."""
        holding: list[str] = []
        damaged: list[str] = []
        for name in self._folder.files(day):
            with self._opened(day, name) as fd_path:
                try:
                    if self._engine.holds(fd_path, cluster_id):
                        holding.append(name)
                except FileDamaged:
                    damaged.append(name)
        return holding, damaged

    def _rewrite(self, staging: Staging, day: str, names: Sequence[str], cluster_id: str) -> int:
        """Replace a day by one whose files are without a cluster; return how many reports went."""
        count = 0
        staged: list[tuple[str, str]] = []
        for number, name in enumerate(names):
            target = f"{day}-{number}"
            with self._opened(day, name) as fd_path:
                count += self._engine.write_without(fd_path, cluster_id, staging.fd_path(target))
            staged.append((target, _rewritten(name)))
        if names:
            self._replace(staging, day, without=names, staged=staged)
        return count

    def _count(self, day: str) -> int:
        count = 0
        for name in self._folder.files(day):
            with self._opened(day, name) as fd_path, suppress(FileDamaged):
                count += self._engine.count(fd_path)
        return count

    def _is_sound(self, day: str, name: FileName) -> bool:
        with self._opened(day, str(name)) as fd_path:
            return self._engine.is_sound(fd_path)

    @contextmanager
    def _opened(self, day: str, name: str) -> Iterator[str]:
        with opened_files([self._folder.path / day / name]) as (file,):
            yield file.fd_path

    def _replace(
        self,
        staging: Staging,
        day: str,
        *,
        without: Iterable[str],
        staged: Iterable[tuple[str, str]],
    ) -> None:
        """Replace a day by one without some of its files, and with others: (staged, name).

        All other files stay, whatever they are.
        """
        removed = set(without)
        new = staging.path / f"new-{day}"
        new.mkdir(mode=FOLDER_MODE)
        for name, final in staged:
            staging.sync(name)
            (staging.path / name).rename(new / final)
        for entry in (self._folder.path / day).iterdir():
            if entry.name not in removed:
                link_or_copy(entry, new / entry.name)
        sync_folder(new)
        with locked(self._folder.path / ".reading"):
            self._swap(staging, new, self._folder.path / day)
        sync_folder(self._folder.path)

    def _remove(self, staging: Staging, day: str) -> None:
        """Delete a day. A reader that has its files open keeps them until it closes them."""
        with locked(self._folder.path / ".reading"):
            (self._folder.path / day).rename(staging.path / day)
        sync_folder(self._folder.path)

    def _swap(self, staging: Staging, new: Path, current: Path) -> None:
        if self._folder.exchange(new, current):
            return
        # Two steps. Between them the day is missing: `Folder.writing` repairs that after a crash.
        old = staging.path.parent / f"{OLD}{current.name}"
        current.rename(old)
        new.rename(current)
        sync_folder(self._folder.path)
        shutil.rmtree(old)


def _rewritten(name: str) -> str:
    """Return a name of its own for what a file holds now: the same rows, for whoever reads it."""
    generation = secrets.token_hex(4)
    parsed = parse_file(name)
    if parsed is None:  # somebody else's file in our folder
        return f"{name.removesuffix(SUFFIX)}-{generation}{SUFFIX}"
    return str(msgspec.structs.replace(parsed, generation=generation))
