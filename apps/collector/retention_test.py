"""Behaviour of the retention."""

from collections.abc import Callable

import pytest

from collector.errors import FileUnusable, InvalidRetention, WarehouseUnavailable
from collector.records import Batch, Watermark
from collector.retention import Retention, parse_retention
from collector.shared_database import SharedDatabase
from collector.warehouse import Warehouse

NOW = 1_800_000_000.0


class _Expiring:
    """A database that notes what it is asked, and deletes two reports each time."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, float]] = []

    def position(self, spool_id: str) -> Watermark | None:
        raise AssertionError(spool_id)

    def write(self, batch: Batch) -> None:
        raise AssertionError(batch)

    def close(self) -> None:
        pass

    def expire(self, *, days: int, now: float) -> int:
        self.asked.append((days, now))
        return 2


def run(
    open_database: Callable[[], Warehouse],
    *,
    rounds: int,
    days: int | None = 400,
    expire_dead_letters: Callable[[], None] = lambda: None,
) -> tuple[list[float], list[int]]:
    """Run so many rounds; return the waits, and the counts of deleted reports."""
    database = SharedDatabase(open_database)
    waits: list[float] = []
    expired: list[int] = []

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        if len(waits) == 1:
            database.open()
        return len(waits) == rounds

    Retention(
        database,
        days=days,
        expire_dead_letters=expire_dead_letters,
        clock=lambda: NOW,
        wait=wait,
        expired=expired.append,
    ).run()
    return waits, expired


def test_old_reports_go_once_a_day_as_soon_as_the_database_is_open() -> None:
    """While the database is not open it is tried every second, and daily after that."""
    database = _Expiring()
    waits, expired = run(lambda: database, rounds=3)
    assert waits == [1, 86_400, 86_400]
    assert database.asked == [(400, NOW), (400, NOW)]
    assert expired == [2, 2]


def test_a_database_that_fails_is_tried_again_soon() -> None:
    """A failure is no reason to wait for a day."""

    class _Failing(_Expiring):
        def expire(self, *, days: int, now: float) -> int:
            raise WarehouseUnavailable(f"{days} {now}")

    waits, expired = run(_Failing, rounds=2)
    assert waits == [1, 1]
    assert expired == []


def test_dead_letters_go_even_where_reports_stay() -> None:
    """Without a retention the database is not asked, and dead letters have their own."""
    database = _Expiring()
    days: list[int] = []
    run(lambda: database, rounds=3, days=None, expire_dead_letters=lambda: days.append(1))
    assert database.asked == []
    assert days == [1, 1]


def test_a_file_of_dead_letters_that_is_damaged_does_not_end_the_retention() -> None:
    """The next day comes all the same."""

    def fail() -> None:
        raise FileUnusable("damaged")

    waits, expired = run(_Expiring, rounds=3, expire_dead_letters=fail)
    assert waits == [1, 86_400, 86_400]
    assert expired == [2, 2]


@pytest.mark.parametrize(("text", "days"), [("1d", 1), ("400d", 400), ("99999d", 99_999)])
def test_a_retention_is_a_number_of_days(text: str, days: int) -> None:
    """Days are written as a number and a d."""
    assert parse_retention(text) == days


@pytest.mark.parametrize("text", ["", "0d", "-1d", "400", "1w", "1.5d", "100000d", "٤d", "1d\n"])
def test_anything_else_is_refused(text: str) -> None:
    """What is no whole number of days, at least one, is named in the error."""
    with pytest.raises(InvalidRetention, match="--retention must be a number of days"):
        parse_retention(text)
