"""What is done to a warehouse now and then, beside filling it."""

from collections.abc import Callable
from typing import Final

from collector.errors import FileUnusable, WarehouseUnavailable
from collector.warehouse import Warehouse

INTERVAL_SECONDS: Final = 600.0


class Upkeep:
    """Sees to it every ten minutes."""

    def __init__(
        self,
        *,
        retention_days: int | None,
        expire_dead_letters: Callable[[], None],
        now: Callable[[], float],
        clock: Callable[[], float],
        expired: Callable[[int], None],
        failed: Callable[[str], None],
    ) -> None:
        """Reports older than `retention_days` go; none where it is None.

        `expire_dead_letters` may raise `FileUnusable` or `WarehouseUnavailable`. `now` gives UNIX
        seconds, `clock` seconds that never go back. `expired` is told how many reports were
        deleted, where any were; `failed` why something cannot be done, which is tried again.
        """
        self._retention_days: Final = retention_days
        self._expire_dead_letters: Final = expire_dead_letters
        self._now: Final = now
        self._clock: Final = clock
        self._expired: Final = expired
        self._failed: Final = failed
        self._due = clock()

    def seconds_left(self) -> float:
        """Return how long nothing is due."""
        return max(0.0, self._due - self._clock())

    def run(self, warehouse: Warehouse) -> None:
        """Do what is due. What fails is told, and is no reason not to take reports."""
        if self.seconds_left() > 0:
            return
        self._due = self._clock() + INTERVAL_SECONDS
        for action in (self._expire, self._compact, lambda _: self._expire_dead_letters()):
            try:
                action(warehouse)
            except (WarehouseUnavailable, FileUnusable) as error:
                self._failed(str(error))

    def _expire(self, warehouse: Warehouse) -> None:
        if self._retention_days is not None:
            count = warehouse.expire(days=self._retention_days, now=self._now())
            if count > 0:
                self._expired(count)

    def _compact(self, warehouse: Warehouse) -> None:
        warehouse.compact(now=self._now())
