"""Files and folders of this user alone: 0600 and 0700, whatever the umask, and no links.

A link in place of a file of ours may be an attempt to have us read or write what it points to, so
it is refused and not followed.
"""

import ctypes
import errno
import fcntl
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeAlias

from collector.disk.errors import reason_of
from collector.errors import FileUnusable

FILE_MODE: Final = 0o600
FOLDER_MODE: Final = 0o700

_MOST_BYTES: Final = 64 * 1024 * 1024
_AT_FDCWD: Final = -100
_RENAME_EXCHANGE: Final = 2
# What the call answers where the file system, or the system, cannot do it.
_IMPOSSIBLE: Final = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM})

ExchangeFolders: TypeAlias = Callable[[Path, Path], bool]
"""Exchanges two folders and returns True, or returns False where that is impossible."""


def open_private(path: Path, flags: int = os.O_RDWR | os.O_CREAT) -> int:
    """Open a private file, or make it; return its descriptor. Raises `FileUnusable`.

    Does not wait: a named pipe in its place would let nobody past.
    """
    try:
        flags |= os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
        descriptor = os.open(path, flags, FILE_MODE)
    except OSError as error:
        raise _unusable(path, error) from error
    if flags & os.O_CREAT and stat.S_IMODE(os.fstat(descriptor).st_mode) & ~FILE_MODE:
        os.fchmod(descriptor, FILE_MODE)
    return descriptor


def read_private(path: Path) -> bytes:
    """Return what a file holds, its first 64 MiB at most. Raises `FileUnusable`."""
    try:
        with open(open_private(path, os.O_RDONLY), "rb") as file:
            return file.read(_MOST_BYTES)
    except OSError as error:
        raise FileUnusable(f"{path} cannot be read: {reason_of(error)}") from error


def make_private_folder(path: Path) -> None:
    """Make a folder and its parents, where they are missing. Raises `FileUnusable`."""
    try:
        if path.is_symlink():
            raise FileUnusable(f"{path} is a link, which is not followed; put the folder there")
        path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        try:
            path.mkdir(mode=FOLDER_MODE)
        except FileExistsError:
            if not path.is_dir():
                raise
        else:
            path.chmod(FOLDER_MODE)  # the umask may have taken bits away
    except OSError as error:
        raise FileUnusable(f"the folder {path} cannot be made: {reason_of(error)}") from error


def add_private(path: Path, data: bytes) -> bool:
    """Make a private file that holds `data`, unless there is one of that name.

    On return it is there, whole and on disk, whoever made it. Returns whether this call did.
    Its folder is made where it is missing. Raises `FileUnusable`.
    """
    make_private_folder(path.parent)
    unfinished = path.with_name(f".{path.name}.new")
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            # One at a time, so that what is there unfinished is of a process that died. It may be
            # linked already: written to, it would change what is kept.
            fcntl.flock(folder, fcntl.LOCK_EX)
            unfinished.unlink(missing_ok=True)
            _write(unfinished, data)
            is_new = _link(unfinished, path)
            unfinished.unlink()
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise FileUnusable(f"{path} cannot be written: {reason_of(error)}") from error
    return is_new


def replace_private(path: Path, data: bytes) -> None:
    """Have a private file hold `data`, instead of what it held; on return it is on disk.

    Raises `OSError` or `FileUnusable`.
    """
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.unlink(missing_ok=True)
    _write(unfinished, data)
    unfinished.replace(path)
    sync_folder(path.parent)


def refuse_links(*paths: Path) -> None:
    """Raise `FileUnusable` where one of `paths` is a symbolic link."""
    for path in paths:
        if path.is_symlink():
            raise _is_link(path)


@contextmanager
def locked(path: Path, how: int = fcntl.LOCK_EX) -> Iterator[None]:
    """Hold the lock of a private file for the `with` block: flock(2), which ends with the process.

    Waits for it, or raises `BlockingIOError` where `how` has LOCK_NB. Raises `FileUnusable`.
    """
    descriptor = open_private(path)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Return once the entries of a folder are on disk. Raises `OSError`."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(path: Path, data: bytes) -> None:
    descriptor = open_private(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - of a descriptor
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _link(source: Path, target: Path) -> bool:
    try:
        os.link(source, target, follow_symlinks=False)
    except FileExistsError:
        return False
    return True


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


def free_bytes(directory: Path) -> int:
    """Return the bytes that an ordinary user may still write on the disk of a directory."""
    status = os.statvfs(directory)
    return status.f_bavail * status.f_frsize


def _unusable(path: Path, error: OSError) -> FileUnusable:
    if path.is_symlink():
        return _is_link(path)
    return FileUnusable(f"{path} cannot be opened: {reason_of(error)}")


def _is_link(path: Path) -> FileUnusable:
    return FileUnusable(f"{path} is a link, which is not followed; put the file itself there")
