"""Moves reports from the spool to the database. A pure loop: where it waits is an argument.

It only reads the spool. What it has written it tells, and the spool's writer deletes.
"""

import enum
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Final, Protocol

from collector.drain.messages import Emptied, Message, Missing, Opened, Unavailable, Written
from collector.errors import WarehouseUnavailable
from collector.records import Batch
from collector.warehouse import OpenWarehouse, Warehouse


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

    def wait_for_work(self) -> Signal:
        """Wait until rows were committed since the last call, or the drain is to end."""

    def rest(self, seconds: float) -> Signal:
        """Wait `seconds`, less only when the collector says meanwhile that the drain is to end."""

    def tell(self, message: Message) -> None:
        """Send `message`; does nothing when the collector is gone."""


class Source(Protocol):
    """Where rows come from; see `collector.spool.reader.SpoolReader`."""

    @property
    def spool_id(self) -> str:
        """The spool's ID."""

    def read_after(self, row_id: int, *, max_reports: int, max_bytes: int) -> Batch | None:
        """Return the next rows, None where there is none."""

    def first_unread(self) -> int:
        """Return the ID of the oldest row, or the one that the next row will get."""


@dataclass(frozen=True)
class Pace:
    """How the drain goes about it. A few large transactions cost a database less than many."""

    max_reports: int = 1_000
    """Rows of a batch."""

    max_bytes: int = 4 * 1024 * 1024
    """Bytes of reports at which a batch is full."""

    gather_seconds: float = 0.2
    """From the first news of a row to the reading of it, so that others can join the batch."""

    first_retry_seconds: float = 0.5
    """Pause after a failure of the database; it doubles with each."""

    last_retry_seconds: float = 30.0
    """The longest pause."""


class Drain:
    """Drains one spool into one database until it is told to end."""

    def __init__(
        self,
        source: Source,
        open_database: OpenWarehouse,
        channel: Channel,
        *,
        pace: Pace,
        jitter: Callable[[], float],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`jitter` gives a number from 0 to 1, by which pauses between retries are shortened.

        `clock` gives seconds, for telling how long a batch took.
        """
        self._source: Final = source
        self._open_database: Final = open_database
        self._channel: Final = channel
        self._pace: Final = pace
        self._jitter: Final = jitter
        self._clock: Final = clock
        self._failures = 0

    def run(self) -> None:
        """Drain until told to end. Raises `WarehouseUnusable`, and `FileUnusable` for the spool.

        After a failure the database is opened anew: its position then says whether the
        transaction that failed was written after all.
        """
        while True:
            try:
                with closing(self._open_database()) as database:
                    self._drain_into(database)
            except WarehouseUnavailable as error:
                self._channel.tell(Unavailable(str(error)))
                if self._pause() is Signal.GONE:
                    return
            else:
                return

    def _drain_into(self, database: Warehouse) -> None:
        last_id = self._start(database)
        signal = Signal.GO_ON
        while signal is not Signal.GONE:
            batch = self._source.read_after(
                last_id, max_reports=self._pace.max_reports, max_bytes=self._pace.max_bytes
            )
            if batch is not None:
                began = self._clock()
                database.write(batch)
                self._failures = 0
                last_id = batch.watermark.last_id
                seconds = self._clock() - began
                self._channel.tell(Written(batch.watermark, len(batch.reports), seconds))
            elif signal is Signal.FINISH:
                self._channel.tell(Emptied())
                return
            signal = self._next_signal(is_behind=self._is_full(batch))

    def _start(self, database: Warehouse) -> int:
        """Return the ID of the last row that need not be written."""
        watermark = database.position(self._source.spool_id)
        self._channel.tell(Opened(watermark))
        if watermark is None:
            return 0
        missing = self._source.first_unread() - watermark.last_id - 1
        if missing > 0:
            self._channel.tell(Missing(missing))
        return watermark.last_id

    def _next_signal(self, *, is_behind: bool) -> Signal:
        if is_behind:
            return self._channel.rest(0)
        signal = self._channel.wait_for_work()
        if signal is not Signal.GO_ON:
            return signal
        # Give further rows the time to join the batch.
        return self._channel.rest(self._pace.gather_seconds)

    def _is_full(self, batch: Batch | None) -> bool:
        if batch is None:
            return False
        size = sum(len(each.encoded) for each in batch.reports)
        return len(batch.reports) >= self._pace.max_reports or size >= self._pace.max_bytes

    def _pause(self) -> Signal:
        longest = min(
            self._pace.first_retry_seconds * 2**self._failures, self._pace.last_retry_seconds
        )
        self._failures += 1
        # Half is certain, half is chance, so that collectors sharing a database spread out.
        return self._channel.rest(longest * (1 - self._jitter() / 2))
