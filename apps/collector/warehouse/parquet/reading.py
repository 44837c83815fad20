"""Files held open for reading: whatever happens to the folder meanwhile, they stay as they are.

DuckDB opens a file by its path, and again for each query. The path that it is given here leads to
an open descriptor, so a day that is exchanged, or deleted, is not noticed.
"""

import os
import resource
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from collector.disk_errors import reason_of
from collector.errors import WarehouseUnavailable
from collector.warehouse.parquet.folder import Folder


@dataclass(frozen=True)
class OpenedFile:
    """A file by its path, and by the address at which DuckDB finds it."""

    path: Path
    address: str


@dataclass(frozen=True)
class OpenedFiles:
    """Files that are held open."""

    files: tuple[OpenedFile, ...]

    @property
    def addresses(self) -> list[str]:
        """Where DuckDB finds them."""
        return [each.address for each in self.files]


@contextmanager
def opened_files(paths: Iterable[Path]) -> Iterator[OpenedFiles]:
    """Hold files open. Raises `WarehouseUnavailable`."""
    descriptors: list[int] = []
    try:
        yield OpenedFiles(tuple(_opened(each, descriptors) for each in paths))
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


@contextmanager
def snapshot(folder: Folder) -> Iterator[OpenedFiles]:
    """Hold all files of a folder open, as they are at one moment. Raises `WarehouseUnavailable`."""
    _allow_many_files()
    with ExitStack() as opened:
        with folder.opening():
            paths = [
                folder.path / day / name for day in folder.days() for name in folder.files(day)
            ]
            files = opened.enter_context(opened_files(paths))
        yield files


def _opened(path: Path, descriptors: list[int]) -> OpenedFile:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise WarehouseUnavailable(f"{path} cannot be opened: {reason_of(error)}") from error
    descriptors.append(descriptor)
    return OpenedFile(path, f"/proc/self/fd/{descriptor}")


def _allow_many_files() -> None:
    """Ask for as many open files as the system allows this user."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
