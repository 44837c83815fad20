"""What is done to a warehouse now and then, besides writing to it."""

import logging
from collections.abc import Callable
from typing import Final

from collector.drain.messages import Message, Notice
from collector.errors import FileUnusable, WarehouseUnavailable
from collector.warehouse import Warehouse

INTERVAL_SECONDS: Final = 600.0


class Upkeep:
    """Deletes what is too old, and compacts, every ten minutes."""

    def __init__(
        self,
        *,
        retention_days: int | None,
        expire_dead_letters: Callable[[], None],
        make_releases: Callable[[], None] = lambda: None,
        send: Callable[[Message], None],
        now: Callable[[], float],
        clock: Callable[[], float],
    ) -> None:
        """Reports older than `retention_days` are deleted; none where it is None.

        `expire_dead_letters` may raise `FileUnusable` or `WarehouseUnavailable`. `make_releases`
        begins to make what is due, and does not wait for it. `send` takes notices for the log.
        `now` gives UNIX seconds, `clock` seconds that never go back.
        """
        self._retention_days: Final = retention_days
        self._expire_dead_letters: Final = expire_dead_letters
        self._make_releases: Final = make_releases
        self._send: Final = send
        self._now: Final = now
        self._clock: Final = clock
        self._due = clock()

    def seconds_left(self) -> float:
        """Return the seconds until something is due."""
        return max(0.0, self._due - self._clock())

    def run(self, warehouse: Warehouse) -> None:
        """Do what is due. A failure becomes a notice, and does not keep reports from moving."""
        if self.seconds_left() > 0:
            return
        self._due = self._clock() + INTERVAL_SECONDS
        self._make_releases()
        for action in (self._expire, self._compact, lambda _: self._expire_dead_letters()):
            try:
                action(warehouse)
            except (WarehouseUnavailable, FileUnusable) as error:
                event = "upkeep of the warehouse fails and is tried again"
                self._send(Notice(logging.WARNING, event, {"reason": str(error)}))

    def _expire(self, warehouse: Warehouse) -> None:
        if self._retention_days is None:
            return
        count = warehouse.expire(days=self._retention_days, now=self._now())
        if count > 0:
            event = "reports older than the retention were deleted"
            self._send(Notice(logging.INFO, event, {"reports": count}))

    def _compact(self, warehouse: Warehouse) -> None:
        warehouse.compact(now=self._now())
