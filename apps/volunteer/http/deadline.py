"""A deadline for work that cannot be trusted to end: a server's answer, a helper program."""

import time
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


class DeadlinePassed(Exception):
    """Work was not finished in time, and was abandoned."""


class _Ended:
    """The work is over. `error` is what it raised, if anything."""

    __slots__ = ("error",)

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def arriving(seconds: float, work: Callable[[], Iterator[T]]) -> Iterator[T]:
    """Yield what `work` yields as it arrives, and raise what it raises.

    Raises `DeadlinePassed` when all of it takes more than `seconds`. A thread does the work, so
    that no part of it can hold the caller: timeouts of sockets are about inactivity, and resolving
    a name has none. The caller has to end abandoned work, by taking away what it waits for.
    """
    deadline = time.monotonic() + seconds
    arrived = SimpleQueue[T | _Ended]()

    def run() -> None:
        try:
            for item in work():
                arrived.put(item)
            arrived.put(_Ended(None))
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            arrived.put(_Ended(error))

    Thread(target=run, daemon=True).start()
    while True:
        try:
            item = arrived.get(timeout=max(0.0, deadline - time.monotonic()))
        except Empty:
            raise DeadlinePassed from None
        if not isinstance(item, _Ended):
            yield item
        elif item.error is None:
            return
        else:
            raise item.error


def within(seconds: float, work: Callable[[], T]) -> T:
    """Return what `work` returns, or raise what it raises; after `seconds`, `DeadlinePassed`."""

    def once() -> Iterator[T]:
        yield work()

    return next(arriving(seconds, once))
