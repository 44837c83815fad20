"""Behaviour of `collector.drain.loop`, with a database and a line to the collector in memory."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.drain.loop import Drain, Pace, Signal
from collector.drain.messages import Emptied, Message, Missing, Opened, Unavailable, Written
from collector.errors import WarehouseUnavailable, WarehouseUnusable
from collector.records import Batch, SpooledReport, Watermark

SPOOL = "s1"
PACE = Pace(max_reports=2)


class _Rows:
    """A spool in memory: so many rows, of which the first were deleted."""

    def __init__(self, count: int, *, deleted: int = 0) -> None:
        self.spool_id = SPOOL
        self.count = count
        self.deleted = deleted

    def read_after(self, row_id: int, *, max_reports: int, max_bytes: int) -> Batch | None:
        del max_bytes
        first = max(row_id, self.deleted) + 1
        ids = range(first, min(first + max_reports, self.count + 1))
        rows = tuple(SpooledReport(each, f"k{each}", 3_600, b"{}") for each in ids)
        return Batch(SPOOL, rows) if rows else None

    def first_unread(self) -> int:
        return self.deleted + 1


class _Store:
    """A database in memory that outlives being closed and opened."""

    def __init__(self, *, keeps_position: bool = True) -> None:
        self.ids: list[int] = []
        self.watermark: Watermark | None = None
        self.keeps_position = keeps_position
        self.failures: list[str] = []
        self.opened = 0
        self.closed = 0

    def open(self) -> "_Store":
        if self.failures and self.failures[0] == "open":
            raise WarehouseUnavailable(self.failures.pop(0))
        self.opened += 1
        return self

    def position(self, spool_id: str) -> Watermark | None:
        assert spool_id == SPOOL
        return self.watermark

    def write(self, batch: Batch) -> None:
        failure = self.failures.pop(0) if self.failures else ""
        if failure == "before":
            raise WarehouseUnavailable(failure)
        self.ids += [each.row_id for each in batch.reports]
        if self.keeps_position:
            self.watermark = batch.watermark
        if failure == "after":
            raise WarehouseUnavailable(failure)

    def close(self) -> None:
        self.closed += 1


class _Line:
    """A line to a collector that follows a script of what `wait_for_work` returns."""

    def __init__(self, *script: Signal, before: Callable[[], None] = lambda: None) -> None:
        self.script = list(script) or [Signal.FINISH]
        self.messages: list[Message] = []
        self.rests: list[float] = []
        self.before = before
        self.state = Signal.GO_ON

    def wait_for_work(self) -> Signal:
        self.before()
        if len(self.script) > 1:
            return self.script.pop(0)
        self.state = self.script[0]
        return self.state

    def rest(self, seconds: float) -> Signal:
        self.rests.append(seconds)
        return self.state

    def tell(self, message: Message) -> None:
        self.messages.append(message)


def drain(rows: _Rows, store: _Store, line: _Line, *, jitter: float = 0.0) -> None:
    Drain(rows, store.open, line, pace=PACE, jitter=lambda: jitter, clock=lambda: 0.0).run()


def test_everything_is_written_in_order_and_told() -> None:
    """_Rows are written in batches; each is told once it is written; then the drain ends."""
    store, line = _Store(), _Line()
    drain(_Rows(5), store, line)
    assert store.ids == [1, 2, 3, 4, 5]
    assert line.messages == [
        Opened(None),
        Written(Watermark(SPOOL, 2), 2, 0.0),
        Written(Watermark(SPOOL, 4), 2, 0.0),
        Written(Watermark(SPOOL, 5), 1, 0.0),
        Emptied(),
    ]
    assert (store.opened, store.closed) == (1, 1)


def test_rows_below_the_position_are_not_written_again() -> None:
    """The drain begins above what the database has."""
    store, line = _Store(), _Line()
    store.watermark = Watermark(SPOOL, 3)
    drain(_Rows(5), store, line)
    assert store.ids == [4, 5]
    assert line.messages[0] == Opened(Watermark(SPOOL, 3))


def test_rows_that_are_nowhere_are_told() -> None:
    """When rows above the position are gone from the spool, their number is told."""
    store, line = _Store(), _Line()
    store.watermark = Watermark(SPOOL, 3)
    drain(_Rows(9, deleted=7), store, line)
    assert line.messages[1] == Missing(4)
    assert store.ids == [8, 9]


@given(failures=st.lists(st.sampled_from(["", "open", "before", "after"]), max_size=12))
def test_a_database_with_a_position_gets_each_row_once(failures: list[str]) -> None:
    """Whatever fails, and whether the failed write happened or not, each row is written once."""
    store, line = _Store(), _Line()
    store.failures = list(failures)
    drain(_Rows(7), store, line)
    assert store.ids == [1, 2, 3, 4, 5, 6, 7]


def test_a_database_without_position_gets_each_row_at_least_once() -> None:
    """After a failure everything that was not deleted from the spool comes again."""
    store, line = _Store(keeps_position=False), _Line()
    store.failures = ["", "after"]
    drain(_Rows(4), store, line)
    assert set(store.ids) == {1, 2, 3, 4}


def test_pauses_grow_with_failures_and_vary() -> None:
    """The pause doubles with each failure; chance takes up to half of it away."""
    store, line = _Store(), _Line()
    store.failures = ["open"] * 8
    drain(_Rows(0), store, line, jitter=1.0)
    assert line.rests == [0.25, 0.5, 1, 2, 4, 8, 15, 15]
    assert [each for each in line.messages if isinstance(each, Unavailable)] == (
        [Unavailable("open")] * 8
    )


def test_an_unusable_database_ends_the_drain() -> None:
    """What only a person can mend is not tried again."""

    def refuse() -> _Store:
        raise WarehouseUnusable("damaged")

    with pytest.raises(WarehouseUnusable):
        Drain(_Rows(1), refuse, _Line(), pace=PACE, jitter=lambda: 0.0).run()


def test_new_rows_are_gathered_before_they_are_read() -> None:
    """After the first news of a row the drain waits a moment, so that others join the batch."""
    rows = _Rows(0)

    def one_more_of_two() -> None:
        rows.count = min(rows.count + 1, 2)

    store, line = _Store(), _Line(Signal.GO_ON, Signal.FINISH, before=one_more_of_two)
    drain(rows, store, line)
    assert line.rests == [PACE.gather_seconds]
    assert store.ids == [1, 2]


def test_the_end_of_the_collector_ends_the_drain() -> None:
    """When the collector is gone nothing more is written and nothing is said to be empty."""
    store, line = _Store(), _Line(Signal.GONE)
    drain(_Rows(1), store, line)
    assert store.closed == 1
    assert Emptied() not in line.messages
