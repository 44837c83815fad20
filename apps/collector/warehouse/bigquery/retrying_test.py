"""Trying to write to BigQuery again: nothing is lost or doubled, and it ends in time."""

import gc
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from collector.errors import WarehouseUnavailable
from collector.records import SpooledReport
from collector.warehouse.bigquery.testing import (
    ALWAYS,
    IMPATIENT,
    STUBBORN,
    TABLE_ID,
    batch_of,
    dead_letters_in,
    keys_in,
    keys_of,
    open_database,
    some_reports,
    spooled,
)
from tools.bigquery.faults import (
    SERVER_ERROR,
    UNAVAILABLE,
    EveryRow,
    Fault,
    Garbage,
    ProxyError,
    Reset,
    Silence,
    first,
    in_turn,
    too_many_requests,
)
from tools.bigquery.messages import JSONObject
from tools.bigquery.server import running_bigquery
from tools.bigquery.service import Behaviour

EVERY_KIND: tuple[Fault, ...] = (
    SERVER_ERROR,
    UNAVAILABLE,
    too_many_requests(),
    ProxyError(status=502),
    Garbage(),
    Reset(applied=True),
    Reset(applied=False),
    Silence(applied=True),
    Silence(applied=False),
    EveryRow(reason="stopped"),
    EveryRow(reason="backendError", message="try later"),
)


def _is_poison(row: JSONObject) -> str | None:
    is_poison = str(row["clusterID"]).startswith("poison")
    return "Cannot convert value to string" if is_poison else None


def _partly_poisoned(count: int) -> list[SpooledReport]:
    """Return reports, of which one in fifty is invalid."""
    return [
        spooled(number, cluster_id=f"poison-{number}" if number % 50 == 3 else "")
        for number in range(count)
    ]


@pytest.mark.parametrize("deduplicates", [True, False])
def test_every_fault_in_turn_loses_and_doubles_nothing(
    tmp_path: Path, *, deduplicates: bool
) -> None:
    """With 30% of requests failing by every kind of fault, each valid report is in the view once,
    and each invalid one is a dead letter with its reason.
    """
    behaviour = Behaviour(deduplicates=deduplicates, poison=_is_poison)
    script = in_turn(EVERY_KIND, of_ten=3)
    reports = _partly_poisoned(2_000)
    poison = [each for each in reports if b'"poison-' in each.encoded]
    with (
        running_bigquery(behaviour=behaviour, script=script) as fake,
        open_database(fake.url, tmp_path, persistence=STUBBORN) as database,
    ):
        for start in range(0, len(reports), 20):
            database.write(batch_of(reports[start : start + 20]))
        view = keys_in(fake.table(TABLE_ID).view())
        rows = fake.table(TABLE_ID).rows
    assert view == Counter(keys_of(reports) - keys_of(poison))
    assert (len(rows) == len(view)) is deduplicates
    letters = dead_letters_in(tmp_path)
    assert Counter(letter.report_key for letter in letters) == Counter(keys_of(poison))
    assert {letter.reason for letter in letters} == {"invalid: Cannot convert value to string"}


@pytest.mark.parametrize("fault", EVERY_KIND)
def test_a_fault_that_stays_makes_the_database_unavailable(tmp_path: Path, fault: Fault) -> None:
    """Trouble that outlasts the deadline is told, and no report is given up because of it."""
    with (
        running_bigquery() as fake,
        open_database(fake.url, tmp_path) as database,
    ):
        fake.script = first(ALWAYS, fault)
        with pytest.raises(WarehouseUnavailable, match=TABLE_ID):
            database.write(batch_of(some_reports(1)))
    assert dead_letters_in(tmp_path) == []


def test_retry_after_is_honoured(tmp_path: Path) -> None:
    """A request that is answered with Retry-After is repeated when that is over, no earlier."""
    with (
        running_bigquery() as fake,
        open_database(fake.url, tmp_path, persistence=STUBBORN) as database,
    ):
        fake.script = first(1, too_many_requests(retry_after_seconds=1))
        began = time.monotonic()
        database.write(batch_of(some_reports(1)))
        assert time.monotonic() - began >= 1
        assert fake.count("insertAll") == 2


def test_what_would_come_too_late_is_not_repeated(tmp_path: Path) -> None:
    """Where Retry-After ends beyond the deadline the database is unavailable at once."""
    with (
        running_bigquery() as fake,
        open_database(fake.url, tmp_path, persistence=IMPATIENT) as database,
    ):
        fake.script = first(1, too_many_requests(retry_after_seconds=60))
        with pytest.raises(WarehouseUnavailable, match="HTTP 429 rateLimitExceeded"):
            database.write(batch_of(some_reports(1)))
        assert fake.count("insertAll") == 1


def test_memory_does_not_grow_with_failures(tmp_path: Path) -> None:
    """A large batch that fails twenty times needs no more memory than one that goes through."""
    batch = batch_of(spooled(number, size=400_000) for number in range(10))
    with (
        running_bigquery() as fake,
        open_database(fake.url, tmp_path, persistence=STUBBORN) as database,
    ):
        database.write(batch)  # what the fake keeps is counted from here on
        smooth = _peak_bytes(lambda: database.write(batch))
        fake.script = first(20, UNAVAILABLE)
        rough = _peak_bytes(lambda: database.write(batch))
        assert fake.count("insertAll") == 1 + 1 + 21
    assert rough < smooth * 1.2


def _peak_bytes(action: Callable[[], None]) -> int:
    gc.collect()
    tracemalloc.start()
    action()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak
