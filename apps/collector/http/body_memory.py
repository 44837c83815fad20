"""A bound on what the bodies of requests hold in memory together."""

from typing import Generic, TypeVar

T = TypeVar("T")


class BodyMemoryFull(Exception):
    """The large bodies under way leave no room for this one."""


class BodyMemory(Generic[T]):
    """Counts the bytes of large bodies by holder; the number of connections bounds the small."""

    def __init__(self, *, large_body_bytes: int, limit_bytes: int) -> None:
        self._large = large_body_bytes
        self._limit = limit_bytes
        self._held: dict[T, int] = {}
        self._total = 0

    def is_large(self, holder: T) -> bool:
        """Whether the body of `holder` is counted."""
        return holder in self._held

    def hold(self, holder: T, body_size: int) -> None:
        """Count the body of `holder` with its size of now. Raises BodyMemoryFull, counting none."""
        if body_size <= self._large:
            return
        self.release(holder)
        if self._total + body_size > self._limit:
            raise BodyMemoryFull
        self._held[holder] = body_size
        self._total += body_size

    def release(self, holder: T) -> None:
        """Count the body of `holder` no more, if it was."""
        self._total -= self._held.pop(holder, 0)
