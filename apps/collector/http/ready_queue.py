"""Whose request is ready to be answered, in order."""

from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class ReadyQueue(Generic[T]):
    """Members in the order in which they became ready, each with what it may cost, in bytes."""

    def __init__(self) -> None:
        self._ready: deque[tuple[T, int]] = deque()

    def __len__(self) -> int:
        return len(self._ready)

    def add(self, member: T, cost: int) -> None:
        """Let a member be the last."""
        self._ready.append((member, cost))

    def take(self, most_bytes: int) -> tuple[list[T], int]:
        """Remove and return the first, and as many behind it as cost `most_bytes` at most with it.

        Returned as well is what they leave of `most_bytes`, which the first alone may overdraw.
        """
        taken: list[T] = []
        left = most_bytes
        while self._ready and (not taken or self._ready[0][1] <= left):
            member, cost = self._ready.popleft()
            taken.append(member)
            left -= cost
        return taken, left
