"""Moves reports from the spool to the warehouse. A pure loop: where it waits is an argument.

It only reads the spool. What it has written it tells, and the spool's writer deletes.
"""

import enum
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from typing import Final, Protocol

from collector.drain.messages import Emptied, Message, Missing, Opened, Unavailable, Written
from collector.drain.trials import Trials
from collector.drain.upkeep import Upkeep
from collector.errors import WarehouseUnavailable
from collector.records import Batch, RowRange, SpooledReport, Watermark
from collector.warehouse import BatchLimits, OpenWarehouse, Warehouse

GIVEN_UP: Final = "the process that writes it ended without a word, each of three times"


class Signal(enum.Enum):
    """How things stand after a wait."""

    GO_ON = enum.auto()
    """There may be new rows, or time is over."""

    FINISH = enum.auto()
    """The spool is to be emptied, and then the drain ends. Stays so."""

    GONE = enum.auto()
    """The collector is gone. Stays so."""


class Channel(Protocol):
    """The drain's end of the line to the collector."""

    def wait_for_work(self, at_most: float) -> Signal:
        """Wait until rows were committed since the last call, or the drain is to end.

        For `at_most` seconds.
        """

    def rest(self, seconds: float) -> Signal:
        """Wait `seconds`, less only when the collector says meanwhile that the drain is to end."""

    def tell(self, message: Message) -> None:
        """Send `message`; does nothing when the collector is gone."""


class Source(Protocol):
    """Where rows come from; see `collector.spool.reader.SpoolReader`."""

    @property
    def spool_id(self) -> str:
        """The spool's ID."""

    def read_after(self, row_id: int, *, through: int, limits: BatchLimits) -> Batch | None:
        """Return the next rows, of one day, none above `through`; None where there is none."""

    def read_range(self, rows: RowRange) -> Batch | None:
        """Return what is left of these rows, None where nothing is."""

    def first_unread(self) -> int:
        """Return the ID of the oldest row, or the one that the next row will get."""

    def last_id(self) -> int:
        """Return the ID of the newest row that ever was, 0 where there was none."""


@dataclass(frozen=True)
class Pace:
    """When the drain writes and when it tries again."""

    batch_seconds: float = 60.0
    """How long rows may wait for others to join their batch, from the first news of one."""

    count_seconds: float = 1.0
    """How often rows that wait are counted meanwhile: a batch that is full is written at once."""

    first_retry_seconds: float = 0.5
    """Pause after a failure of the warehouse; it doubles with each."""

    last_retry_seconds: float = 30.0
    """The longest pause, unless the warehouse itself asks for a longer one."""


class Surroundings(Protocol):
    """What is done around the writing of a batch; see `collector.drain.process`."""

    def alone(self) -> AbstractContextManager[None]:
        """Keep others, who forget a cluster for instance, from changing what is being moved."""

    def give_up(self, report: SpooledReport, reason: str) -> None:
        """Keep a report apart that cannot be moved. Raises `WarehouseUnavailable`."""


class Drain:
    """Drains one spool into one warehouse until it is told to end."""

    def __init__(
        self,
        source: Source,
        open_warehouse: OpenWarehouse,
        channel: Channel,
        *,
        pace: Pace,
        trials: Trials,
        surroundings: Surroundings,
        upkeep: Upkeep,
        jitter: Callable[[], float],
        clock: Callable[[], float],
    ) -> None:
        """`jitter` gives a number from 0 to 1, by which pauses between retries are shortened.

        `clock` gives seconds, and never goes back.
        """
        self._source: Final = source
        self._open_warehouse: Final = open_warehouse
        self._channel: Final = channel
        self._pace: Final = pace
        self._trials: Final = trials
        self._surroundings: Final = surroundings
        self._upkeep: Final = upkeep
        self._jitter: Final = jitter
        self._clock: Final = clock
        self._failures = 0

    def run(self) -> None:
        """Drain until told to end. Raises `WarehouseUnusable`, and `FileUnusable` for the spool.

        After a failure the warehouse is opened anew: its position then says whether the batch
        that failed was written after all.
        """
        while True:
            try:
                with closing(self._open_warehouse()) as warehouse:
                    self._drain_into(warehouse)
            except WarehouseUnavailable as error:
                self._channel.tell(Unavailable(str(error)))
                if self._pause(error.retry_after) is Signal.GONE:
                    return
            else:
                return

    def _drain_into(self, warehouse: Warehouse) -> None:
        last_id = self._write_begun(warehouse, self._start(warehouse))
        signal = Signal.GO_ON
        while signal is not Signal.GONE:
            # Read after the signal: what was committed before an order to finish is all there.
            through = self._source.last_id()
            last_id, signal = self._write_through(warehouse, last_id, through, signal)
            if signal is Signal.FINISH and self._source.last_id() == through:
                self._channel.tell(Emptied())
                return
            if signal is Signal.GO_ON:
                self._upkeep.run(warehouse)
                signal = self._gather(last_id, warehouse.limits)

    def _start(self, warehouse: Warehouse) -> int:
        """Return the ID of the last row that need not be written."""
        watermark = warehouse.position(self._source.spool_id)
        self._channel.tell(Opened(watermark))
        if watermark is None:
            return 0
        missing = self._source.first_unread() - watermark.last_id - 1
        if missing > 0:
            self._channel.tell(Missing(missing))
        return watermark.last_id

    def _write_begun(self, warehouse: Warehouse, last_id: int) -> int:
        """Write a batch that was begun as the same rows again; return the last row written.

        Rows before it are there only in a spool that was restored from an older copy: then its
        numbers are those of other rows, and all are written in their order.
        """
        rows = warehouse.pending(self._source.spool_id)
        if rows is None or self._source.first_unread() < rows.first:
            return last_id
        with self._surroundings.alone():
            batch = self._source.read_range(rows)
            if batch is None:
                return last_id
            self._write(warehouse, batch)
        return rows.last

    def _write_through(
        self, warehouse: Warehouse, last_id: int, through: int, signal: Signal
    ) -> tuple[int, Signal]:
        """Write the rows through `through`; return the last one done with, and how things stand."""
        while signal is not Signal.GONE:
            limits = self._trials.limits(warehouse.limits, last_id)
            with self._surroundings.alone():
                batch = self._source.read_after(last_id, through=through, limits=limits)
                if batch is None:
                    return max(last_id, through), signal  # what is not there was forgotten
                self._write(warehouse, batch)
            last_id = batch.rows.last
            signal = self._channel.rest(0)
        return last_id, signal

    def _write(self, warehouse: Warehouse, batch: Batch) -> None:
        began = self._clock()
        # Where the warehouse has the report already, the drains that died waited for the outcome.
        if self._trials.is_given_up(batch) and not warehouse.is_submitted(batch):
            self._surroundings.give_up(batch.reports[0], GIVEN_UP)
        else:
            try:
                with self._trials.attempt(batch):
                    warehouse.write(batch)
            except WarehouseUnavailable as error:
                if error.written > 0:
                    self._tell_written(batch.reports[: error.written], began)
                raise
        self._tell_written(batch.reports, began)

    def _tell_written(self, reports: tuple[SpooledReport, ...], began: float) -> None:
        self._failures = 0
        watermark = Watermark(self._source.spool_id, reports[-1].row_id)
        self._channel.tell(Written(watermark, len(reports), self._clock() - began))

    def _gather(self, last_id: int, limits: BatchLimits) -> Signal:
        """Wait for news of a row, and then for others to join it: until a batch is full or due."""
        signal = self._channel.wait_for_work(self._upkeep.seconds_left())
        due = self._clock() + self._pace.batch_seconds
        while signal is Signal.GO_ON and 0 < self._source.last_id() - last_id < limits.max_reports:
            left = due - self._clock()
            if left <= 0:
                break
            signal = self._channel.rest(min(left, self._pace.count_seconds))
        return signal

    def _pause(self, asked_for: float | None) -> Signal:
        longest = min(
            self._pace.first_retry_seconds * 2**self._failures, self._pace.last_retry_seconds
        )
        self._failures += 1
        # Half is certain, half is chance, so that collectors sharing a warehouse spread out.
        return self._channel.rest(max(asked_for or 0.0, longest * (1 - self._jitter() / 2)))
