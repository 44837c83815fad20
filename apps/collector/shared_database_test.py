"""Behaviour of the database that is lent."""

import threading
from contextlib import closing

import pytest

from collector.errors import WarehouseUnavailable
from collector.records import Batch, RowRange, Watermark
from collector.shared_database import SharedDatabase
from collector.testing import DEADLINE_SECONDS, wait_until
from collector.warehouse import BatchLimits


class _Recorded:
    """A database that notes that it was closed."""

    def __init__(self) -> None:
        self.is_closed = False

    @property
    def limits(self) -> BatchLimits:
        return BatchLimits(1, 1)

    def begun(self, spool_id: str) -> RowRange | None:
        raise AssertionError(spool_id)

    def position(self, spool_id: str) -> Watermark | None:
        return Watermark(spool_id, 7)

    def write(self, batch: Batch) -> None:
        raise WarehouseUnavailable(batch.spool_id)

    def close(self) -> None:
        self.is_closed = True


def test_nothing_is_lent_before_the_database_is_open_and_after_it_is_closed() -> None:
    """Who borrows then is told that the database is not open."""
    shared = SharedDatabase(_Recorded)
    with pytest.raises(WarehouseUnavailable, match="not open"), shared.borrowed():
        pass
    shared.open().close()
    with pytest.raises(WarehouseUnavailable, match="not open"), shared.borrowed():
        pass


def test_the_writer_works_on_the_very_database_that_is_lent() -> None:
    """Position, errors and the database itself pass through."""
    database = _Recorded()
    shared = SharedDatabase(lambda: database)
    with closing(shared.open()) as writers:
        with shared.borrowed() as lent:
            assert lent is database
        assert writers.position("s1") == Watermark("s1", 7)
        with pytest.raises(WarehouseUnavailable, match="s1"):
            writers.write(Batch("s1", ()))


def test_closing_waits_for_those_who_borrowed() -> None:
    """The database stays open until it was given back, and the borrower is told to hurry."""
    database = _Recorded()
    shared = SharedDatabase(lambda: database)
    writers = shared.open()
    closer = threading.Thread(target=writers.close)
    with shared.borrowed():
        assert not shared.is_recalled
        closer.start()
        wait_until(lambda: shared.is_recalled)
        assert not database.is_closed
    closer.join(DEADLINE_SECONDS)
    assert database.is_closed
