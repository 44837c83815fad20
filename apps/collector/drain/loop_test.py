"""Behaviour of `collector.drain.loop`, with a database and a line to the collector in memory."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.drain.loop import Drain, Pace, Signal
from collector.drain.messages import Emptied, Message, Missing, Opened, Unavailable, Written
from collector.drain.trials import Trial, Trials
from collector.drain.upkeep import Upkeep
from collector.errors import WarehouseUnavailable, WarehouseUnusable
from collector.records import DAY_SECONDS, Batch, RowRange, SpooledReport, Watermark
from collector.warehouse import BatchLimits, Warehouse

SPOOL = "s1"
PACE = Pace(batch_seconds=60, count_seconds=10)


class _Rows:
    """A spool in memory: so many rows, of which the first were deleted, so many a day."""

    def __init__(self, count: int, *, deleted: int = 0, a_day: int = 1_000) -> None:
        self.spool_id = SPOOL
        self.count = count
        self.deleted = deleted
        self.a_day = a_day

    def read_after(self, row_id: int, *, through: int, limits: BatchLimits) -> Batch | None:
        first = max(row_id, self.deleted) + 1
        ids = range(first, min(first + limits.max_reports, through + 1, self.count + 1))
        rows = [each for each in map(self._row, ids) if each.day == self._row(first).day]
        return Batch(SPOOL, tuple(rows)) if rows else None

    def read_range(self, rows: RowRange) -> Batch | None:
        ids = range(max(rows.first, self.deleted + 1), rows.last + 1)
        return Batch(SPOOL, tuple(map(self._row, ids))) if ids else None

    def first_unread(self) -> int:
        return self.deleted + 1

    def last_id(self) -> int:
        return self.count

    def _row(self, row_id: int) -> SpooledReport:
        day = (row_id - 1) // self.a_day
        return SpooledReport(row_id, f"k{row_id}", day * DAY_SECONDS, b"{}")


class _Store(Warehouse):
    """A database in memory that outlives being closed and opened."""

    def __init__(self, *, keeps_watermark: bool = True) -> None:
        self.ids: list[int] = []
        self.limits = BatchLimits(2, 1_000)
        self.batches: list[RowRange] = []
        self.written: Watermark | None = None
        self.begun_rows: RowRange | None = None
        self.keeps_watermark = keeps_watermark
        self.failures: list[str] = []
        self.retry_after: float | None = None
        self.opened = 0
        self.closed = 0

    def open(self) -> "_Store":
        if self.failures and self.failures[0] == "open":
            raise WarehouseUnavailable(self.failures.pop(0))
        self.opened += 1
        return self

    def watermark(self, spool_id: str) -> Watermark | None:
        assert spool_id == SPOOL
        return self.written

    def pending(self, spool_id: str) -> RowRange | None:
        assert spool_id == SPOOL
        return self.begun_rows

    def write(self, batch: Batch) -> None:
        failure = self.failures.pop(0) if self.failures else ""
        if failure == "before":
            raise WarehouseUnavailable(failure, self.retry_after)
        self.batches.append(batch.rows)
        self.ids += [each.row_id for each in batch.reports]
        if self.keeps_watermark:
            self.written = batch.watermark
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
        self.now = 0.0
        self.state = Signal.GO_ON

    def wait_for_work(self, at_most: float) -> Signal:
        assert at_most >= 0
        self.before()
        if len(self.script) > 1:
            return self.script.pop(0)
        self.state = self.script[0]
        return self.state

    def rest(self, seconds: float) -> Signal:
        if seconds > 0:
            self.rests.append(seconds)
            self.now += seconds
        return self.state

    def tell(self, message: Message) -> None:
        self.messages.append(message)


class _NoTrials:
    """A place for trials that is always empty."""

    def __init__(self, trial: Trial | None = None) -> None:
        self.trial = trial
        self.saved: list[Trial | None] = []

    def load(self) -> Trial | None:
        return self.trial

    def save(self, trial: Trial | None) -> None:
        self.saved.append(trial)


class _Around:
    """Surroundings in which nobody else is, and which keep what is given up."""

    def __init__(self) -> None:
        self.given_up: list[int] = []

    def alone(self) -> AbstractContextManager[None]:
        return nullcontext()

    def give_up(self, report: SpooledReport, reason: str) -> None:
        assert reason
        self.given_up.append(report.row_id)


def no_upkeep() -> Upkeep:
    return Upkeep(
        retention_days=None,
        expire_dead_letters=lambda: None,
        now=lambda: 0.0,
        clock=lambda: 0.0,
        expired=lambda _: None,
        failed=lambda _: None,
    )


def drain(
    rows: _Rows,
    store: _Store,
    line: _Line,
    *,
    jitter: float = 0.0,
    trials: _NoTrials | None = None,
) -> _Around:
    around = _Around()
    Drain(
        rows,
        store.open,
        line,
        pace=PACE,
        trials=Trials(trials or _NoTrials(), spool_id=SPOOL),
        surroundings=around,
        upkeep=no_upkeep(),
        jitter=lambda: jitter,
        clock=lambda: line.now,
    ).run()
    return around


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
    store.written = Watermark(SPOOL, 3)
    drain(_Rows(5), store, line)
    assert store.ids == [4, 5]
    assert line.messages[0] == Opened(Watermark(SPOOL, 3))


def test_rows_that_are_nowhere_are_told() -> None:
    """When rows above the watermark are gone from the spool, their number is told."""
    store, line = _Store(), _Line()
    store.written = Watermark(SPOOL, 3)
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
    store, line = _Store(keeps_watermark=False), _Line()
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

    store = _Store()
    store.open = refuse  # type: ignore[method-assign]
    with pytest.raises(WarehouseUnusable):
        drain(_Rows(1), store, _Line())


def test_new_rows_wait_for_others() -> None:
    """From the first news of a row the drain waits for as long as a batch may, and then writes."""
    rows = _Rows(0)

    def one_more() -> None:
        rows.count += 1

    store, line = _Store(), _Line(Signal.GO_ON, Signal.FINISH, before=one_more)
    drain(rows, store, line)
    assert sum(line.rests) == PACE.batch_seconds
    assert store.batches == [RowRange(1, 1), RowRange(2, 2)]


def test_a_full_batch_does_not_wait() -> None:
    """Rows that fill a batch are written at once, though its time is not over."""
    rows = _Rows(0)

    def two_more() -> None:
        rows.count += 2

    store, line = _Store(), _Line(Signal.GO_ON, Signal.FINISH, before=two_more)
    drain(rows, store, line)
    assert line.rests == []
    assert store.batches == [RowRange(1, 2), RowRange(3, 4)]


def test_a_batch_is_of_one_day() -> None:
    """Rows of two days that wait together are written apart, one after the other."""
    store, line = _Store(), _Line()
    store.limits = BatchLimits(100, 1_000)
    drain(_Rows(5, a_day=3), store, line)
    assert store.batches == [RowRange(1, 3), RowRange(4, 5)]


def test_a_batch_that_was_begun_comes_first_and_is_the_same() -> None:
    """Rows of a batch whose outcome is not known are written as that batch, then the others."""
    store, line = _Store(keeps_watermark=False), _Line()
    store.begun_rows = RowRange(1, 3)
    drain(_Rows(6), store, line)
    assert store.batches == [RowRange(1, 3), RowRange(4, 5), RowRange(6, 6)]


def test_a_restored_spool_is_written_in_order() -> None:
    """Where rows stand before those of a batch that was begun, all go in their order."""
    store, line = _Store(keeps_watermark=False), _Line()
    store.begun_rows = RowRange(3, 4)
    drain(_Rows(6), store, line)
    assert store.batches == [RowRange(1, 2), RowRange(3, 4), RowRange(5, 6)]


def test_a_batch_that_drains_died_of_is_tried_in_parts() -> None:
    """After two deaths of one batch its rows go one by one, and the others as usual."""
    store, line = _Store(), _Line()
    trials = _NoTrials(Trial(SPOOL, RowRange(1, 2), 2))
    drain(_Rows(4), store, line, trials=trials)
    assert store.batches == [RowRange(1, 1), RowRange(2, 2), RowRange(3, 4)]
    assert trials.saved[-1] is None


def test_a_report_that_drains_died_of_is_given_up() -> None:
    """A row that three drains died of alone is kept apart, and the drain goes on behind it."""
    store, line = _Store(), _Line()
    trials = _NoTrials(Trial(SPOOL, RowRange(1, 1), 3, suspect_through=2, max_reports=1))
    around = drain(_Rows(4), store, line, trials=trials)
    assert around.given_up == [1]
    assert store.batches == [RowRange(2, 2), RowRange(3, 4)]


class _SubmittingStore(_Store):
    """A database that was handed rows by a drain that then died."""

    def __init__(self, *submitted: int) -> None:
        super().__init__(keeps_watermark=False)
        self.submitted = submitted

    def is_submitted(self, batch: Batch) -> bool:
        return batch.rows.first in self.submitted


@pytest.mark.parametrize(("submitted", "given_up"), [((1,), []), ((2,), [1])])
def test_a_report_that_was_submitted_is_not_given_up(
    submitted: tuple[int, ...], given_up: list[int]
) -> None:
    """Where the database has the row already, drains that died waited; its outcome counts."""
    store, line = _SubmittingStore(*submitted), _Line()
    trials = _NoTrials(Trial(SPOOL, RowRange(1, 1), 3, suspect_through=2, max_reports=1))
    around = drain(_Rows(2), store, line, trials=trials)
    assert around.given_up == given_up
    assert store.ids == [each for each in (1, 2) if each not in given_up]


def test_rows_that_were_forgotten_are_not_waited_for() -> None:
    """Rows that are gone from the end of the spool make no batch, and do not fill one."""
    store, line = _Store(), _Line()
    rows = _Rows(5, deleted=5)
    drain(rows, store, line)
    assert store.batches == []
    assert line.messages == [Opened(None), Emptied()]


def test_a_warehouse_that_asks_to_be_left_alone_is() -> None:
    """A pause that the warehouse asks for is kept where it is longer than our own."""
    store, line = _Store(), _Line()
    store.failures, store.retry_after = ["before", "before"], 100.0
    drain(_Rows(1), store, line)
    assert line.rests == [100.0, 100.0]


def test_the_end_of_the_collector_ends_the_drain() -> None:
    """When the collector is gone nothing more is written and nothing is said to be empty."""
    store, line = _Store(), _Line(Signal.GONE)
    drain(_Rows(1), store, line)
    assert store.closed == 1
    assert Emptied() not in line.messages
