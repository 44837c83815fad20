"""A place for what is not finished, on the same file system as what it will be, and the way out."""

import ctypes
import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeAlias

from collector.disk.private_files import FILE_MODE, FOLDER_MODE

_AT_FDCWD: Final = -100
_RENAME_EXCHANGE: Final = 2
# What the call answers where the file system, or the system, cannot do it.
_IMPOSSIBLE: Final = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM})

ExchangeFolders: TypeAlias = Callable[[Path, Path], bool]
"""Exchanges two folders and returns True, or returns False where that is impossible."""


class Staging:
    """A folder that is gone at the end of the `with` block, with all that is still in it."""

    def __init__(self, path: Path) -> None:
        self.path: Final = path
        self._descriptor = -1

    def __enter__(self) -> Self:
        self.path.mkdir(mode=FOLDER_MODE)
        self._descriptor = os.open(self.path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._descriptor)
        shutil.rmtree(self.path, ignore_errors=error is not None)

    def fd_path(self, name: str) -> str:
        """Return a path of `name` in here for DuckDB, to which `*` or `?` in a path are a pattern.

        It has none, whatever the folder is called, and is good until the end of the block.
        """
        return f"/proc/self/fd/{self._descriptor}/{name}"

    def make_folder(self, name: str) -> str:
        """Make a folder in here where it is missing, and return its path for DuckDB."""
        (self.path / name).mkdir(mode=FOLDER_MODE, exist_ok=True)
        return self.fd_path(name)

    def sync(self, name: str) -> None:
        """Return once a finished file is on disk, private whatever the umask is."""
        descriptor = os.open(self.path / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            os.fchmod(descriptor, FILE_MODE)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def exchange_folders(one: Path, other: Path) -> bool:
    """Let two folders change places in one system call: a reader sees the one or the other.

    renameat2(2) with RENAME_EXCHANGE: Linux 3.15, glibc 2.28; ext4, xfs, btrfs, tmpfs and others.
    Returns False, and has changed nothing, where the file system cannot do it. Raises `OSError`.
    """
    library = ctypes.CDLL(None, use_errno=True)
    try:
        renameat2 = library.renameat2
    except AttributeError:
        return False
    outcome = renameat2(
        _AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), ctypes.c_uint(_RENAME_EXCHANGE)
    )
    if outcome == 0:
        return True
    number = ctypes.get_errno()
    if number in _IMPOSSIBLE:
        return False
    raise OSError(number, os.strerror(number), str(other))


def link_or_copy(source: Path, target: Path) -> None:
    """Have a file in a second folder, without copying it where the file system can link it."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)
