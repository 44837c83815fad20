"""The data directory: private to one user, and to one collector at a time."""

import fcntl
import os
import stat
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from collector.errors import DataDirectoryUnusable

_PRIVATE: Final = 0o700
_LOCK_NAME: Final = "lock"
_SPOOL_NAME: Final = "spool.sqlite"


class DataDirectory:
    """A data directory that this process holds for as long as the `with` block lasts.

    The lock is flock(2): it ends with the process, however that ends, and nothing is left over.
    """

    def __init__(self, path: Path) -> None:
        self.path: Final = path
        self.spool: Final = path / _SPOOL_NAME
        self._descriptor = -1

    @property
    def is_open_to_others(self) -> bool:
        """Whether other users may look into it; only one that existed before can be."""
        return bool(self.path.stat().st_mode & stat.S_IRWXO)

    def __enter__(self) -> Self:
        """Make the directory where it is missing, and lock it. Raises `DataDirectoryUnusable`."""
        try:
            self.path.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            self._descriptor = os.open(self.path / _LOCK_NAME, flags, mode=0o600)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._release()
            raise DataDirectoryUnusable(
                f"another collector runs on the data directory {self.path}; "
                "stop it, or give this one another --data-dir"
            ) from error
        except OSError as error:
            self._release()
            raise DataDirectoryUnusable(
                f"the data directory {self.path} cannot be used: {error.strerror}; "
                "give a directory that may be written with --data-dir"
            ) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._release()

    def _release(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
