"""How many bytes the data directory takes, and how many are free on its disk."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

_REFRESH_SECONDS: Final = 60.0


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
        """Return the bytes of all files in the directory, as of a minute ago at most."""
        now = self._clock()
        if self._measured_at is None or now - self._measured_at >= _REFRESH_SECONDS:
            self._stored_bytes = _size_of(self._directory)
            self._measured_at = now
        return self._stored_bytes

    def free_bytes(self) -> int:
        """Return the bytes that an ordinary user may still write on the disk."""
        return free_bytes(self._directory)


def free_bytes(directory: Path) -> int:
    """Return the bytes that an ordinary user may still write on the disk of a directory."""
    status = os.statvfs(directory)
    return status.f_bavail * status.f_frsize


def _size_of(directory: Path) -> int:
    """Files come and go meanwhile; one that is gone is not counted."""
    total = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            try:
                total += os.lstat(os.path.join(folder, name)).st_size  # noqa: PTH118 - many files
            except FileNotFoundError:
                continue
    return total
