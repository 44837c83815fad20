"""Who waits since when, in order, so that a look at the first tells whether anyone is late."""

from typing import Generic, TypeVar

T = TypeVar("T")


class WaitQueue(Generic[T]):
    """Members in the order in which they began to wait, each allowed the same time.

    Every operation costs the same however many wait: a connection that does nothing costs nothing.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._since: dict[T, float] = {}

    def __len__(self) -> int:
        return len(self._since)

    def __contains__(self, member: T) -> bool:
        return member in self._since

    def add(self, member: T, now: float) -> None:
        """Let a member wait from `now`, which is never before the `now` of an earlier one."""
        self._since[member] = now

    def discard(self, member: T) -> None:
        """Let a member wait no longer, if it did."""
        self._since.pop(member, None)

    def members(self) -> list[T]:
        """All who wait, the longest first."""
        return list(self._since)

    def first(self) -> tuple[float, T] | None:
        """Since when the longest waits, and which; None when nobody does."""
        for member, since in self._since.items():
            return since, member
        return None

    def deadline(self) -> float | None:
        """When the first is due; None when nobody waits."""
        first = self.first()
        return None if first is None else first[0] + self.seconds

    def take_expired(self, now: float) -> list[T]:
        """Remove and return those that have waited for the time allowed."""
        expired: list[T] = []
        while (first := self.first()) is not None and first[0] + self.seconds <= now:
            expired.append(first[1])
            self.discard(first[1])
        return expired
