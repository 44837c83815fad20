"""What waits in the spool: reports, bytes, the age of the oldest, and how much may wait."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from msgspec import Struct

MIB: Final = 1024 * 1024
_MOST_MARKS: Final = 512
_SMALLEST_SPACING_SECONDS: Final = 1.0


@dataclass(frozen=True, kw_only=True)
class SpoolLimits:
    """How far the spool may grow. Beyond either limit reports are refused, and none is lost."""

    max_bytes: int = 4096 * MIB
    """Bytes of the reports that wait for the warehouse, compressed as they are kept."""

    min_free_bytes: int = 64 * MIB
    """Bytes that stay free on the disk: the warehouse may need them for what waits."""

    def reason_against(self, *, waiting_bytes: int, free_bytes: int) -> str | None:
        """Return why the spool may not grow, or None where it may."""
        if waiting_bytes >= self.max_bytes:
            return f"the spool is full: reports of {self.max_bytes} bytes wait for the warehouse"
        if free_bytes < self.min_free_bytes:
            return f"the disk is full: less than {self.min_free_bytes} bytes are free"
        return None


class Backlog(Struct, frozen=True):
    """What waits. `oldest_seconds` is the age of the oldest report, 0 where none waits."""

    reports: int
    size_bytes: int
    oldest_seconds: float


class BacklogMeter:
    """Counts what waits. Any thread may call any method.

    Ages are kept here, because the spool knows the hour of a report and nothing finer; so rows
    that were there at the start count from the start. However long a warehouse is down, memory is
    bounded: marks are merged, which makes the age at most 1 part in 256 too great.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` gives seconds."""
        self._clock: Final = clock
        self._lock: Final = threading.Lock()
        self._reports = 0
        self._bytes = 0
        # Each mark: since when rows arrived, and the last of them.
        self._marks: deque[tuple[float, int]] = deque()
        self._spacing = _SMALLEST_SPACING_SECONDS

    @property
    def size_bytes(self) -> int:
        """The bytes of all reports that wait."""
        return self._bytes

    def add(self, *, reports: int, size_bytes: int, last_id: int) -> None:
        """Count rows through `last_id` that arrive now."""
        now = self._clock()
        with self._lock:
            self._reports += reports
            self._bytes += size_bytes
            if self._marks and now - self._marks[-1][0] < self._spacing:
                self._marks[-1] = (self._marks[-1][0], last_id)
                return
            self._marks.append((now, last_id))
            if len(self._marks) > _MOST_MARKS:
                self._merge_neighbours()

    def remove(self, *, reports: int, size_bytes: int, through: int) -> None:
        """Count no more rows through `through`."""
        with self._lock:
            self._reports -= reports
            self._bytes -= size_bytes
            while self._marks and self._marks[0][1] <= through:
                self._marks.popleft()
            if not self._marks:
                self._spacing = _SMALLEST_SPACING_SECONDS

    def reading(self) -> Backlog:
        """Return what waits now."""
        with self._lock:
            oldest = self._clock() - self._marks[0][0] if self._marks else 0.0
            return Backlog(self._reports, self._bytes, max(0.0, oldest))

    def _merge_neighbours(self) -> None:
        self._spacing *= 2
        marks = list(self._marks)
        firsts = [since for since, _ in marks[::2]]
        lasts = [row_id for _, row_id in [*marks[1::2], marks[-1]]]
        self._marks = deque(zip(firsts, lasts, strict=False))
