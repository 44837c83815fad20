"""How far the spool may grow."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

MIB: Final = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class SpoolLimits:
    """What the spool may take. Beyond either limit reports are refused, and none is lost."""

    max_bytes: int = 4096 * MIB
    """Bytes that the reports which wait for the warehouse may take, compressed as they are kept."""

    min_free_bytes: int = 64 * MIB
    """Bytes that stay free on the disk: what waits has to find room in the warehouse."""

    def reason_against(self, *, waiting_bytes: int, free_bytes: int) -> str | None:
        """Return why the spool may not grow, or None where it may."""
        if waiting_bytes >= self.max_bytes:
            return f"the spool is full: reports of {self.max_bytes} bytes wait for the warehouse"
        if free_bytes < self.min_free_bytes:
            return f"the disk is full: less than {self.min_free_bytes} bytes are free"
        return None


def free_bytes_beside(path: Path) -> Callable[[], int]:
    """Return what tells how many bytes an ordinary user may still write beside `path`."""
    return partial(_free_bytes, path.parent)


def _free_bytes(directory: Path) -> int:
    status = os.statvfs(directory)
    return status.f_bavail * status.f_frsize
