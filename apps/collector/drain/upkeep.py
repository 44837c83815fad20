"""What is done to a warehouse now and then, besides writing to it."""

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from collector.drain.messages import Message, Notice
from collector.errors import FileUnusable, WarehouseUnavailable
from collector.warehouse import Warehouse

INTERVAL_SECONDS: Final = 600.0


@dataclass(eq=False, kw_only=True)
class Upkeep:
    """Deletes what is too old, and compacts, every ten minutes.

    `expire_dead_letters` may raise `FileUnusable` or `WarehouseUnavailable`. `send` takes notices
    for the log. `now` gives UNIX seconds, `clock` seconds that never go back.
    """

    retention_days: int | None
    """How old reports may become; None keeps them."""
    expire_dead_letters: Callable[[], None]
    make_releases: Callable[[], None] = lambda: None
    """Begins to make what is due, and does not wait for it."""
    send: Callable[[Message], None]
    now: Callable[[], float]
    clock: Callable[[], float]
    _due: float = field(default=-math.inf, init=False)

    def seconds_left(self) -> float:
        """Return the seconds until something is due."""
        return max(0.0, self._due - self.clock())

    def run(self, warehouse: Warehouse) -> None:
        """Do what is due. A failure becomes a notice, and does not keep reports from moving."""
        if self.seconds_left() > 0:
            return
        self._due = self.clock() + INTERVAL_SECONDS
        self.make_releases()
        for action in (self._expire, self._compact, lambda _: self.expire_dead_letters()):
            try:
                action(warehouse)
            except (WarehouseUnavailable, FileUnusable) as error:
                event = "upkeep of the warehouse fails and is tried again"
                self.send(Notice(logging.WARNING, event, {"reason": str(error)}))

    def _expire(self, warehouse: Warehouse) -> None:
        if self.retention_days is None:
            return
        count = warehouse.expire(days=self.retention_days, now=self.now())
        if count > 0:
            event = "reports older than the retention were deleted"
            self.send(Notice(logging.INFO, event, {"reports": count}))

    def _compact(self, warehouse: Warehouse) -> None:
        warehouse.compact(now=self.now())
