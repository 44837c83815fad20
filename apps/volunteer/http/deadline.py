"""A deadline for work that cannot be trusted to end: a server's answer, a helper program."""

from collections.abc import Callable
from threading import Thread
from typing import Generic, TypeVar

T = TypeVar("T")


class DeadlinePassed(Exception):
    """Work was not finished in time, and was left to itself."""


def within(seconds: float, work: Callable[[], T]) -> T:
    """Return what `work` returns, or raise what it raises; after `seconds`, `DeadlinePassed`.

    A thread does the work, so that no part of it can hold the caller: timeouts of sockets are
    about inactivity, and resolving a name has none. Whoever calls sees to it that work which was
    left to itself ends, by taking away what it waits for.
    """
    job = _Job(work)
    thread = Thread(target=job.run, daemon=True)
    thread.start()
    thread.join(max(0.0, seconds))
    if thread.is_alive():
        raise DeadlinePassed
    return job.outcome()


class _Job(Generic[T]):
    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._returned: list[T] = []
        self._raised: BaseException | None = None

    def run(self) -> None:
        try:
            self._returned.append(self._work())
        except BaseException as error:  # noqa: BLE001 - raised again where it was asked for
            self._raised = error

    def outcome(self) -> T:
        if self._raised is not None:
            raise self._raised
        return self._returned[0]
