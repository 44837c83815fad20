"""Moves reports from the spool to the warehouse. A pure loop: how it waits is an argument.

It only reads the spool: it sends what it has written, and the spool's writer deletes that. It is
the one place where something is tried again because a warehouse failed.
"""

import logging
import math
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from dataclasses import KW_ONLY, dataclass, field
from typing import Final, Protocol

from collector.drain.channel import Directive
from collector.drain.messages import Emptied, Message, Notice, Opened, Unavailable, Written
from collector.drain.trials import Trials
from collector.errors import FileUnusable, WarehouseUnavailable
from collector.records import Batch, BatchLimits, SpooledReport, Watermark
from collector.spool.file import SpoolReader
from collector.warehouse import OpenWarehouse, Warehouse

UPKEEP_SECONDS: Final = 600.0
GIVEN_UP: Final = "three processes died while they wrote it"
MISSING: Final = (
    "reports that left the spool are not in this warehouse: they went to another,"
    " or it was restored from an older copy"
)


class Channel(Protocol):
    """The drain's end of its connection to the collector; see `collector.drain.channel`."""

    def wait_for_work(self, at_most: float) -> Directive:
        """Wait for `at_most` seconds, or until rows were committed, or to finish or to stop."""

    def pause(self, seconds: float) -> Directive:
        """Wait for `seconds`, or until a command to finish or to stop comes."""

    def send(self, message: Message) -> None:
        """Send `message`. Does nothing when the collector is gone."""


@dataclass(frozen=True)
class Pace:
    """When the drain writes and when it tries again."""

    batch_seconds: float = 60.0
    """How long rows may wait for others to join their batch."""

    count_seconds: float = 1.0
    """How often they are counted meanwhile: a batch that is full is written at once."""

    first_retry_seconds: float = 0.5
    """The pause after a failure of the warehouse; it doubles with each that follows."""

    last_retry_seconds: float = 30.0
    """The longest pause, unless the warehouse asks for a longer one."""


@dataclass(eq=False, kw_only=True)
class UpkeepSchedule:
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
        self._due = self.clock() + UPKEEP_SECONDS
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


@dataclass(eq=False)
class Drain:
    """Drains one spool into one warehouse until a command to finish or to stop comes.

    `lock` keeps others, who forget a cluster for instance, from what is being moved.
    `add_dead_letter` keeps a report with the reason why it is not written; it may raise
    `WarehouseUnavailable`. `jitter` gives a number from 0 to 1, by which pauses are shortened.
    `clock` gives seconds, and never goes back.
    """

    rows: SpoolReader
    open_warehouse: OpenWarehouse
    channel: Channel
    _: KW_ONLY
    pace: Pace
    trials: Trials
    lock: Callable[[], AbstractContextManager[None]]
    add_dead_letter: Callable[[SpooledReport, str], None]
    upkeep: UpkeepSchedule
    jitter: Callable[[], float]
    clock: Callable[[], float]
    _failures: int = field(default=0, init=False)

    def run(self) -> None:
        """Drain until a command to finish or to stop comes.

        After a failure the warehouse is opened again: its watermark then says whether the batch
        that failed was written after all. Raises `WarehouseUnusable` or `FileUnusable`.
        """
        while True:
            try:
                with closing(self.open_warehouse()) as warehouse:
                    self._drain_into(warehouse)
            except WarehouseUnavailable as error:
                self.channel.send(Unavailable(str(error)))
                if self._pause(error.retry_after) is Directive.STOP:
                    return
            else:
                return

    def _drain_into(self, warehouse: Warehouse) -> None:
        last_id = self._write_pending(warehouse, self._start(warehouse))
        directive = Directive.CONTINUE
        while directive is not Directive.STOP:
            # Read after the directive: what was committed before a command to finish is all there.
            through = self.rows.last_id()
            last_id, directive = self._write_through(warehouse, last_id, through, directive)
            if directive is Directive.FINISH and self.rows.last_id() == through:
                self.channel.send(Emptied())
                return
            if directive is Directive.CONTINUE:
                self.upkeep.run(warehouse)
                directive = self._gather(last_id, warehouse.limits)

    def _start(self, warehouse: Warehouse) -> int:
        """Return the ID of the last row that is in the warehouse already."""
        watermark = warehouse.watermark(self.rows.spool_id)
        self.channel.send(Opened(watermark))
        if watermark is None:
            return 0
        missing = self.rows.first_unread() - watermark.last_id - 1
        if missing > 0:
            self.channel.send(Notice(logging.WARNING, MISSING, {"reports": missing}))
        return watermark.last_id

    def _write_pending(self, warehouse: Warehouse, last_id: int) -> int:
        """Write a pending batch as the same rows again; return the last row written.

        Only a spool that was restored from an older copy has rows before it. The numbers of the
        batch are those of other rows then, and all are written in their order.
        """
        rows = warehouse.pending(self.rows.spool_id)
        if rows is None or self.rows.first_unread() < rows.first:
            return last_id
        with self.lock():
            batch = self.rows.read_range(rows)
            if batch is None:
                return last_id
            self._write(warehouse, batch)
        return rows.last

    def _write_through(
        self, warehouse: Warehouse, last_id: int, through: int, directive: Directive
    ) -> tuple[int, Directive]:
        """Write the rows through `through`; return the last one, and the directive."""
        while directive is not Directive.STOP:
            limits = self.trials.limits(warehouse.limits, last_id)
            with self.lock():
                batch = self.rows.read_after(last_id, through=through, limits=limits)
                if batch is None:
                    return max(last_id, through), directive  # what is not there was forgotten
                self._write(warehouse, batch)
            last_id = batch.rows.last
            directive = self.channel.pause(0)
        return last_id, directive

    def _write(self, warehouse: Warehouse, batch: Batch) -> None:
        began = self.clock()
        # Where the warehouse has the report already, the drains that died waited for the outcome.
        if self.trials.is_given_up(batch) and not warehouse.is_submitted(batch):
            self.add_dead_letter(batch.reports[0], GIVEN_UP)
        else:
            try:
                with self.trials.attempt(batch):
                    warehouse.write(batch)
            except WarehouseUnavailable as error:
                if error.written > 0:
                    self._send_written(batch.reports[: error.written], began)
                raise
        self._send_written(batch.reports, began)

    def _send_written(self, reports: tuple[SpooledReport, ...], began: float) -> None:
        self._failures = 0
        watermark = Watermark(self.rows.spool_id, reports[-1].row_id)
        self.channel.send(Written(watermark, len(reports), self.clock() - began))

    def _gather(self, last_id: int, limits: BatchLimits) -> Directive:
        """Wait for a row, and then for others to join it, until a batch is full or due."""
        directive = self.channel.wait_for_work(self.upkeep.seconds_left())
        due = self.clock() + self.pace.batch_seconds
        while directive is Directive.CONTINUE and self._is_partial(last_id, limits):
            left = due - self.clock()
            if left <= 0:
                break
            directive = self.channel.pause(min(left, self.pace.count_seconds))
        return directive

    def _is_partial(self, last_id: int, limits: BatchLimits) -> bool:
        """Return whether rows wait above `last_id`, but fewer than fill a batch."""
        return 0 < self.rows.last_id() - last_id < limits.max_reports

    def _pause(self, retry_after: float | None) -> Directive:
        """Wait before the warehouse is tried again."""
        backoff = self.pace.first_retry_seconds * 2**self._failures
        longest = min(backoff, self.pace.last_retry_seconds)
        self._failures += 1
        # Half is certain, half is chance, so that collectors sharing a warehouse spread out.
        return self.channel.pause(max(retry_after or 0.0, longest * (1 - self.jitter() / 2)))
