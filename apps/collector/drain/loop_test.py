"""Behaviour of `collector.drain.loop`, with its warehouse and its collector in memory."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.drain.channel import Directive
from collector.drain.loop import MISSING
from collector.drain.messages import Emptied, Notice, Opened, Unavailable, Written
from collector.drain.testing import PACE, SPOOL, KeptRows, NotedTrial, Rows, ScriptedChannel, drain
from collector.drain.trials import Trial
from collector.errors import WarehouseUnusable
from collector.records import Batch, BatchLimits, RowRange, Watermark


def test_everything_is_written_in_order_and_reported() -> None:
    """Rows are written in batches; each is reported once it is written; then the drain exits."""
    store, channel = KeptRows(), ScriptedChannel()
    drain(Rows(5), store, channel)
    assert store.ids == [1, 2, 3, 4, 5]
    assert channel.messages == [
        Opened(None),
        Written(Watermark(SPOOL, 2), 2, 0.0),
        Written(Watermark(SPOOL, 4), 2, 0.0),
        Written(Watermark(SPOOL, 5), 1, 0.0),
        Emptied(),
    ]
    assert (store.opened, store.closed) == (1, 1)


def test_rows_below_the_watermark_are_not_written_again() -> None:
    """The drain begins above what the warehouse has."""
    store, channel = KeptRows(), ScriptedChannel()
    store.written = Watermark(SPOOL, 3)
    drain(Rows(5), store, channel)
    assert store.ids == [4, 5]
    assert channel.messages[0] == Opened(Watermark(SPOOL, 3))


def test_rows_that_are_nowhere_are_noticed() -> None:
    """The number of rows above the watermark that are gone from the spool is for the log."""
    store, channel = KeptRows(), ScriptedChannel()
    store.written = Watermark(SPOOL, 3)
    drain(Rows(9, deleted=7), store, channel)
    assert channel.messages[1] == Notice(logging.WARNING, MISSING, {"reports": 4})
    assert store.ids == [8, 9]


@given(failures=st.lists(st.sampled_from(["", "open", "before", "after"]), max_size=12))
def test_a_warehouse_with_a_watermark_gets_each_row_once(failures: list[str]) -> None:
    """Whatever fails, and whether a failed write took effect or not, each row is written once."""
    store, channel = KeptRows(), ScriptedChannel()
    store.failures = list(failures)
    drain(Rows(7), store, channel)
    assert store.ids == [1, 2, 3, 4, 5, 6, 7]


def test_a_warehouse_without_a_watermark_gets_each_row_at_least_once() -> None:
    """After a failure everything that was not deleted from the spool comes again."""
    store, channel = KeptRows(keeps_watermark=False), ScriptedChannel()
    store.failures = ["", "after"]
    drain(Rows(4), store, channel)
    assert set(store.ids) == {1, 2, 3, 4}


def test_pauses_grow_with_failures_and_vary() -> None:
    """The pause doubles with each failure, less up to half of it by chance."""
    store, channel = KeptRows(), ScriptedChannel()
    store.failures = ["open"] * 8
    drain(Rows(0), store, channel, jitter=1.0)
    assert channel.pauses == [0.25, 0.5, 1, 2, 4, 8, 15, 15]
    assert [each for each in channel.messages if isinstance(each, Unavailable)] == (
        [Unavailable("open")] * 8
    )


def test_an_unusable_warehouse_stops_the_drain() -> None:
    """What only a person can fix is not retried."""

    class Damaged(KeptRows):
        def open(self) -> KeptRows:
            raise WarehouseUnusable("damaged")

    with pytest.raises(WarehouseUnusable):
        drain(Rows(1), Damaged(), ScriptedChannel())


def test_new_rows_wait_for_others() -> None:
    """After the first row the drain waits for as long as a batch may, and then writes."""
    rows = Rows(0)

    def one_more() -> None:
        rows.count += 1

    store, channel = (
        KeptRows(),
        ScriptedChannel(Directive.CONTINUE, Directive.FINISH, before=one_more),
    )
    drain(rows, store, channel)
    assert sum(channel.pauses) == PACE.batch_seconds
    assert store.batches == [RowRange(1, 1), RowRange(2, 2)]


def test_a_full_batch_does_not_wait() -> None:
    """Rows that fill a batch are written at once, before its time is over."""
    rows = Rows(0)

    def two_more() -> None:
        rows.count += 2

    store, channel = (
        KeptRows(),
        ScriptedChannel(Directive.CONTINUE, Directive.FINISH, before=two_more),
    )
    drain(rows, store, channel)
    assert channel.pauses == []
    assert store.batches == [RowRange(1, 2), RowRange(3, 4)]


def test_a_batch_is_of_one_day() -> None:
    """Waiting rows of two days are written as two batches."""
    store, channel = KeptRows(), ScriptedChannel()
    store.limits = BatchLimits(100, 1_000)
    drain(Rows(5, a_day=3), store, channel)
    assert store.batches == [RowRange(1, 3), RowRange(4, 5)]


def test_a_pending_batch_comes_first_and_is_the_same() -> None:
    """Rows of a batch whose outcome is unknown are written as that batch, then the others."""
    store, channel = KeptRows(keeps_watermark=False), ScriptedChannel()
    store.pending_rows = RowRange(1, 3)
    drain(Rows(6), store, channel)
    assert store.batches == [RowRange(1, 3), RowRange(4, 5), RowRange(6, 6)]


def test_a_restored_spool_is_written_in_order() -> None:
    """With rows before those of a pending batch, all rows are written in their order."""
    store, channel = KeptRows(keeps_watermark=False), ScriptedChannel()
    store.pending_rows = RowRange(3, 4)
    drain(Rows(6), store, channel)
    assert store.batches == [RowRange(1, 2), RowRange(3, 4), RowRange(5, 6)]


def test_a_batch_that_drains_died_of_is_tried_in_parts() -> None:
    """After two deaths in one batch its rows are written one by one, the others as usual."""
    store, channel = KeptRows(), ScriptedChannel()
    trials = NotedTrial(Trial(SPOOL, RowRange(1, 2), 2))
    drain(Rows(4), store, channel, trials=trials)
    assert store.batches == [RowRange(1, 1), RowRange(2, 2), RowRange(3, 4)]
    assert trials.saved[-1] is None


def test_a_report_that_drains_died_of_is_given_up() -> None:
    """A row that three drains died of alone is a dead letter, and the drain goes on after it."""
    store, channel = KeptRows(), ScriptedChannel()
    trials = NotedTrial(Trial(SPOOL, RowRange(1, 1), 3, suspect_through=2, max_reports=1))
    dead_letters = drain(Rows(4), store, channel, trials=trials)
    assert dead_letters == [1]
    assert store.batches == [RowRange(2, 2), RowRange(3, 4)]


class _Submitting(KeptRows):
    """A warehouse to which a drain that died had submitted rows."""

    def __init__(self, *submitted: int) -> None:
        super().__init__(keeps_watermark=False)
        self.submitted = submitted

    def is_submitted(self, batch: Batch) -> bool:
        return batch.rows.first in self.submitted


@pytest.mark.parametrize(("submitted", "given_up"), [((1,), []), ((2,), [1])])
def test_a_report_that_was_submitted_is_not_given_up(
    submitted: tuple[int, ...], given_up: list[int]
) -> None:
    """Where the warehouse has the row, the drains died while they waited: its outcome counts."""
    store, channel = _Submitting(*submitted), ScriptedChannel()
    trials = NotedTrial(Trial(SPOOL, RowRange(1, 1), 3, suspect_through=2, max_reports=1))
    dead_letters = drain(Rows(2), store, channel, trials=trials)
    assert dead_letters == given_up
    assert store.ids == [each for each in (1, 2) if each not in given_up]


def test_a_part_that_was_written_is_reported() -> None:
    """Of a batch that failed half-way, the rows that are in the warehouse may be deleted."""
    store, channel = KeptRows(keeps_watermark=False), ScriptedChannel()
    store.failures = ["half"]
    drain(Rows(2), store, channel)
    messages = [each for each in channel.messages if isinstance(each, Written)]
    assert [(each.watermark.last_id, each.reports) for each in messages] == [(1, 1), (2, 2)]


def test_rows_that_were_forgotten_are_not_waited_for() -> None:
    """Rows that are gone from the end of the spool make no batch and do not fill one."""
    store, channel = KeptRows(), ScriptedChannel()
    rows = Rows(5, deleted=5)
    drain(rows, store, channel)
    assert store.batches == []
    assert channel.messages == [Opened(None), Emptied()]


def test_a_warehouse_that_asks_to_be_left_alone_is() -> None:
    """A pause that the warehouse asks for is kept where it is longer than the drain's own."""
    store, channel = KeptRows(), ScriptedChannel()
    store.failures, store.retry_after = ["before", "before"], 100.0
    drain(Rows(1), store, channel)
    assert channel.pauses == [100.0, 100.0]


def test_the_exit_of_the_collector_stops_the_drain() -> None:
    """When the collector is gone nothing more is written, and the spool is not said to be empty."""
    store, channel = KeptRows(), ScriptedChannel(Directive.STOP)
    drain(Rows(1), store, channel)
    assert store.closed == 1
    assert Emptied() not in channel.messages
