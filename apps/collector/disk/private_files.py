"""Files and folders of this user alone: 0600 and 0700, whatever the umask, and no links.

A link in place of a file of ours may be an attempt to have us read or write what it points to, so
it is refused and not followed.
"""

import os
import stat
from pathlib import Path
from typing import Final

from collector.disk.errors import reason_of
from collector.errors import FileUnusable

FILE_MODE: Final = 0o600
FOLDER_MODE: Final = 0o700


def open_private(path: Path, flags: int = os.O_RDWR | os.O_CREAT) -> int:
    """Open a private file, or make it; return its descriptor. Raises `FileUnusable`."""
    try:
        descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, FILE_MODE)
    except OSError as error:
        raise _unusable(path, error) from error
    if flags & os.O_CREAT and stat.S_IMODE(os.fstat(descriptor).st_mode) & ~FILE_MODE:
        os.fchmod(descriptor, FILE_MODE)
    return descriptor


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


def refuse_links(*paths: Path) -> None:
    """Raise `FileUnusable` where one of `paths` is a symbolic link."""
    for path in paths:
        if path.is_symlink():
            raise _is_link(path)


def sync_folder(path: Path) -> None:
    """Return once the entries of a folder are on disk. Raises `OSError`."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unusable(path: Path, error: OSError) -> FileUnusable:
    if path.is_symlink():
        return _is_link(path)
    return FileUnusable(f"{path} cannot be opened: {reason_of(error)}")


def _is_link(path: Path) -> FileUnusable:
    return FileUnusable(f"{path} is a link, which is not followed; put the file itself there")
