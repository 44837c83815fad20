"""Whose request is ready to be answered, and how many of them a tick answers."""

from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class ReadyQueue(Generic[T]):
    """Members in the order in which they became ready, each with what it may cost, in bytes."""

    def __init__(self, tick_bytes: int) -> None:
        """`tick_bytes` is what those may cost that are taken at once, but for the first."""
        self._tick_bytes = tick_bytes
        self._ready: deque[tuple[T, int]] = deque()

    def __len__(self) -> int:
        return len(self._ready)

    def add(self, member: T, cost: int) -> None:
        """Let a member be the last."""
        self._ready.append((member, cost))

    def take(self) -> list[T]:
        """Remove and return the first, and as many behind it as may be taken with it."""
        taken: list[T] = []
        total = 0
        while self._ready and (not taken or total + self._ready[0][1] <= self._tick_bytes):
            member, cost = self._ready.popleft()
            taken.append(member)
            total += cost
        return taken
