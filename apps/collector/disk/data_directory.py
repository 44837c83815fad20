"""The data directory: private to one user, and to one collector at a time."""

import fcntl
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final, Self

from collector.disk.files import free_bytes, make_private_folder, open_private
from collector.errors import DataDirectoryUnusable, FileUnusable

_ROOT: Final = 0
_LOCK_NAME: Final = "lock"
SPOOL_NAME: Final = "spool.sqlite"
BATCH_LOCK: Final = "batch.lock"
"""The lock of reports on their way from spool to warehouse. The drain holds it while it moves a
batch; a command that forgets a cluster holds it so that no report is on the way."""
_REFRESH_SECONDS: Final = 60.0


class DataDirectory:
    """A data directory that this process holds for as long as the `with` block lasts.

    The lock is flock(2): the kernel releases it when the process exits, however it does.
    """

    def __init__(self, path: Path) -> None:
        self.path: Final = path
        self.spool: Final = path / SPOOL_NAME
        self._descriptor = -1

    @property
    def is_open_to_others(self) -> bool:
        """Whether other users have access, as they may to a directory that existed before."""
        return bool(self.path.stat().st_mode & stat.S_IRWXO)

    def __enter__(self) -> Self:
        """Make the directory where it is missing, and lock it. Raises `DataDirectoryUnusable`."""
        try:
            make_private_folder(self.path)
            check_private(self.path)
            self._descriptor = open_private(self.path / _LOCK_NAME)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._release()
            raise DataDirectoryUnusable(
                f"another collector runs on the data directory {self.path}; "
                "stop it, or give this one another --data-dir"
            ) from error
        except (OSError, FileUnusable) as error:
            self._release()
            reason = error.strerror if isinstance(error, OSError) else error
            raise DataDirectoryUnusable(
                f"the data directory {self.path} cannot be used: {reason}; "
                "give a directory that may be written with --data-dir"
            ) from error
        return self

    def __exit__(self, *_: object) -> None:
        self._release()

    def _release(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def check_private(path: Path) -> None:
    """Raise `DataDirectoryUnusable` for a directory that other users own or can write to.

    They could put files or links where we expect ours. A Kubernetes volume belongs to root, and the
    group that the pod was given for it may write there.
    """
    status = path.stat()
    ours = status.st_uid == os.geteuid()
    if not ours and status.st_uid != _ROOT:
        raise DataDirectoryUnusable(
            f"the data directory {path} belongs to another user; give one of your own"
        )
    is_volume = not ours and status.st_gid in {os.getegid(), *os.getgroups()}
    shared = stat.S_IWOTH if is_volume else stat.S_IWGRP | stat.S_IWOTH
    if status.st_mode & shared:
        raise DataDirectoryUnusable(
            f"other users can write to the data directory {path}; chmod go-w {path}"
        )


def is_in_use(path: Path) -> bool:
    """Return whether a collector runs on the data directory at `path`."""
    try:
        descriptor = os.open(path / _LOCK_NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


class DiskUsage:
    """Measures a data directory. Any thread may call any method.

    Files are measured once a minute at most: there may be thousands.
    """

    def __init__(self, directory: Path, *, clock: Callable[[], float]) -> None:
        """`clock` is monotonic, in seconds."""
        self._directory: Final = directory
        self._clock: Final = clock
        self._stored_bytes = 0
        self._measured_at: float | None = None

    def stored_bytes(self) -> int:
        """Return the bytes of all files in the directory, at most a minute old."""
        now = self._clock()
        if self._measured_at is None or now - self._measured_at >= _REFRESH_SECONDS:
            self._stored_bytes = _size_of(self._directory)
            self._measured_at = now
        return self._stored_bytes

    def free_bytes(self) -> int:
        """Return the bytes that an ordinary user may still write on the disk."""
        return free_bytes(self._directory)


def _size_of(directory: Path) -> int:
    """Return the bytes of all files in a directory, less those that are gone meanwhile."""
    total = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            try:
                total += os.lstat(os.path.join(folder, name)).st_size  # noqa: PTH118 - many files
            except FileNotFoundError:
                continue
    return total
