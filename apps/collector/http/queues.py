"""What the loop keeps count of: who waits, what is ready, what memory is held, what goes wrong.

Pure: by time, by cost and by memory it says in which order connections are served.
"""

from collections import deque
from typing import Final, Generic, TypeVar

SMALL_BYTES: Final = 16 * 1024
"""A request that may cost no more waits for few others: health checks, reports of some nodes."""
BYTES_PER_TICK: Final = 2 * 1024 * 1024
"""What all requests may cost that a tick answers, except the large one."""
STALLED_SECONDS: Final = 1.0
STEP_BYTES: Final = 64 * 1024
"""A large body that takes more than `STALLED_SECONDS` for so many bytes has stalled."""

T = TypeVar("T")


class WaitQueue(Generic[T]):
    """Members in the order in which they began to wait, each allowed the same time.

    Every operation costs the same however many wait: a connection that does nothing costs nothing.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._since: dict[T, float] = {}

    def add(self, member: T, now: float) -> None:
        """Let a member wait from `now`, which is never before the `now` of an earlier one."""
        self._since[member] = now

    def discard(self, member: T) -> None:
        """Let a member wait no longer, if it did."""
        self._since.pop(member, None)

    def members(self) -> list[T]:
        """All that wait, the longest first."""
        return list(self._since)

    def first(self) -> tuple[float, T] | None:
        """Since when the longest waits, and which; None where none waits."""
        for member, since in self._since.items():
            return since, member
        return None

    def deadline(self) -> float | None:
        """When the first is due; None where none waits."""
        first = self.first()
        return None if first is None else first[0] + self.seconds

    def take_expired(self, now: float) -> list[T]:
        """Remove and return those that have waited for the time allowed."""
        expired: list[T] = []
        while (first := self.first()) is not None and first[0] + self.seconds <= now:
            expired.append(first[1])
            self.discard(first[1])
        return expired


class ReadyQueue(Generic[T]):
    """Members whose request is ready to be answered, by what it may cost in bytes."""

    def __init__(self, large_bytes: int) -> None:
        """What costs more than `large_bytes` is large."""
        self._large_bytes = large_bytes
        self._small: deque[tuple[T, int]] = deque()
        self._medium: deque[tuple[T, int]] = deque()
        self._large: deque[T] = deque()

    def __bool__(self) -> bool:
        return bool(self._small or self._medium or self._large)

    def add(self, member: T, cost: int) -> None:
        """Let a member be the last of its kind."""
        if cost > self._large_bytes:
            self._large.append(member)
        else:
            (self._medium if cost > SMALL_BYTES else self._small).append((member, cost))

    def take(self) -> list[T]:
        """Remove and return those for one tick: small ones first, none of the large.

        Together they cost `BYTES_PER_TICK` at most, but the first of each kind is always taken.
        """
        small, left = _take(self._small, BYTES_PER_TICK)
        return small + _take(self._medium, left)[0]

    def take_large(self) -> list[T]:
        """Remove and return the first of the large ones, if there is one."""
        return [self._large.popleft()] if self._large else []


def _take(ready: deque[tuple[T, int]], left: int) -> tuple[list[T], int]:
    """Take the first, and all behind it that cost `left` at most with it; return what is left."""
    taken: list[T] = []
    while ready and (not taken or ready[0][1] <= left):
        member, cost = ready.popleft()
        taken.append(member)
        left -= cost
    return taken, left


class BodyMemory(Generic[T]):
    """The memory that large bodies share; the number of connections bounds the small ones."""

    def __init__(self, *, large_body_bytes: int, limit_bytes: int) -> None:
        self._large = large_body_bytes
        self._limit = limit_bytes
        self._held: dict[T, int] = {}
        self._total = 0
        # When each body under way made its last step, and its size then; the oldest step first.
        self._steps: dict[T, tuple[float, int]] = {}

    def hold(self, holder: T, size: int, now: float) -> bool:
        """Count the body of `holder`, so large now. Without room count none of it, return False."""
        if size <= self._large:
            return True
        self._total += size - self._held.pop(holder, 0)
        if self._total > self._limit:
            self._total -= size
            return False
        self._held[holder] = size
        step = self._steps.get(holder)
        if step is None or size - step[1] >= STEP_BYTES:
            self._steps.pop(holder, None)
            self._steps[holder] = (now, size)
        return True

    def stalled(self, now: float, *, except_for: T) -> T | None:
        """The holder whose last step is longest ago, where that is too long."""
        for holder, (stepped_at, _) in self._steps.items():
            if holder is not except_for:
                return holder if stepped_at + STALLED_SECONDS <= now else None
        return None

    def finish(self, holder: T) -> None:
        """Expect no more of the body of `holder`; what it holds stays counted."""
        self._steps.pop(holder, None)

    def release(self, holder: T) -> None:
        """Count the body of `holder` no more, if it was."""
        self._steps.pop(holder, None)
        self._total -= self._held.pop(holder, 0)


class Incident:
    """From the first time that something happens until it has not for a while.

    It is logged when it begins and when it is over, with how often: under an attack, or on a full
    disk, it happens hundreds of times a second.
    """

    def __init__(self, quiet_seconds: float) -> None:
        """`quiet_seconds` is how long it must not happen to be over."""
        self._quiet_seconds = quiet_seconds
        self._count = 0
        self._last_at = 0.0

    def happens(self, now: float) -> bool:
        """Note that it happens once more; return whether that begins an incident."""
        self._count += 1
        self._last_at = now
        return self._count == 1

    def take_ended(self, now: float) -> int:
        """Return how often it happened if the incident is over now, else 0."""
        if not self._count or now - self._last_at < self._quiet_seconds:
            return 0
        ended, self._count = self._count, 0
        return ended
