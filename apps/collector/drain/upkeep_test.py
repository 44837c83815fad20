"""Behaviour of `collector.drain.loop.UpkeepSchedule`."""

from collections.abc import Callable

import pytest

from collector.drain.loop import UPKEEP_SECONDS, UpkeepSchedule
from collector.drain.messages import Message, Notice
from collector.errors import FileUnusable, WarehouseUnavailable
from collector.records import Batch, BatchLimits
from collector.warehouse import Warehouse

NOW = 1_800_000_000.0


class _Warehouse(Warehouse):
    """A warehouse that records what is asked of it."""

    limits = BatchLimits(1, 1)

    def __init__(self, failure: Exception | None = None) -> None:
        self.asked: list[object] = []
        self.failure = failure

    def expire(self, *, days: int, now: float) -> int:
        self.asked.append((days, now))
        if self.failure is not None:
            raise self.failure
        return 2

    def compact(self, *, now: float) -> None:
        self.asked.append(now)

    def write(self, batch: Batch) -> None:
        raise AssertionError(batch)

    def close(self) -> None:
        raise AssertionError


class _Upkeep:
    """Upkeep with a clock that a test sets, and what it sent."""

    def __init__(
        self, days: int | None = 400, expire_dead_letters: Callable[[], None] = lambda: None
    ) -> None:
        self.clock = 0.0
        self.sent: list[Message] = []
        self.upkeep = UpkeepSchedule(
            retention_days=days,
            expire_dead_letters=expire_dead_letters,
            send=self.sent.append,
            now=lambda: NOW,
            clock=lambda: self.clock,
        )


def fields_of(sent: list[Message]) -> list[object]:
    return [each.fields for each in sent if isinstance(each, Notice)]


def test_it_is_done_at_once_and_then_every_ten_minutes() -> None:
    """Nothing is done before it is due, and how long that is can be asked."""
    kept, warehouse = _Upkeep(), _Warehouse()
    kept.upkeep.run(warehouse)
    kept.clock = UPKEEP_SECONDS - 1
    kept.upkeep.run(warehouse)
    assert kept.upkeep.seconds_left() == 1
    assert warehouse.asked == [(400, NOW), NOW]
    kept.clock = UPKEEP_SECONDS
    kept.upkeep.run(warehouse)
    assert len(warehouse.asked) == 4
    assert fields_of(kept.sent) == [{"reports": 2}] * 2


def test_without_a_retention_reports_stay() -> None:
    """The warehouse is compacted, dead letters have a time of their own."""
    calls: list[int] = []
    kept, warehouse = _Upkeep(None, lambda: calls.append(1)), _Warehouse()
    kept.upkeep.run(warehouse)
    assert warehouse.asked == [NOW]
    assert calls == [1]


@pytest.mark.parametrize("failure", [WarehouseUnavailable("why"), FileUnusable("why")])
def test_a_failure_is_sent_and_the_rest_is_done(failure: Exception) -> None:
    """Whatever else is due is done after a failure."""
    kept, warehouse = _Upkeep(), _Warehouse(failure)
    kept.upkeep.run(warehouse)
    assert fields_of(kept.sent) == [{"reason": "why"}]
    assert warehouse.asked == [(400, NOW), NOW]
