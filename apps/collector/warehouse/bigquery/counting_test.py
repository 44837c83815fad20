"""A period is counted by one query, whose SQL an emulator runs in tests/bigquery."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from census import Period
from census.questions import UNIT
from collector.errors import WarehouseUnavailable, WarehouseUnusable
from collector.warehouse.bigquery.testing import ORIGINAL_COLUMNS, TABLE_ID, census_of
from tools.bigquery.faults import (
    ACCESS_REVOKED,
    UNAVAILABLE,
    Fault,
    Garbage,
    HTTPError,
    JobError,
    Reset,
    Silence,
    always,
    first,
    no_faults,
)
from tools.bigquery.messages import JSONObject
from tools.bigquery.server import running_bigquery
from tools.bigquery.service import Behaviour

OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))
QUERY = "queries.insert"
ROWS = (
    ("clusters", "clusters", 3 * UNIT),
    ("kubernetes", "v1.30.2", UNIT),
    ("kubernetes", "v1.30.1-gke.1", UNIT),
    ("kubernetes", "", UNIT),
    ("cpuPerNode", "3920m", 3 * UNIT),
)
COUNTS = {
    "clusters": {"clusters": 3 * UNIT},
    "kubernetes": {"1.30": 2 * UNIT, "unknown": UNIT},
    "cpuPerNode": {"2-3": 3 * UNIT},
}
ANSWERING = Behaviour(count=lambda _: ROWS, page_rows=2)


def test_what_a_query_counted_becomes_answers(tmp_path: Path) -> None:
    """Whatever number of pages its rows take; and what the queries cost is added up."""
    with running_bigquery(behaviour=ANSWERING) as fake, census_of(fake, tmp_path) as census:
        assert census.bytes_billed == 0
        for number in (1, 2):
            counts = census.count(OCTOBER)
            assert {name: dict(cells) for name, cells in counts.items() if cells} == COUNTS
            assert census.bytes_billed == number * ANSWERING.bytes_billed
            assert fake.count(QUERY) == number


def test_only_the_days_of_the_period_are_read(tmp_path: Path) -> None:
    """The column by which the table is partitioned is compared with constants, once."""
    asked: list[str] = []

    def count(sql: str) -> Sequence[tuple[str, str, int]]:
        asked.append(sql)
        return ()

    with (
        running_bigquery(behaviour=replace(ANSWERING, count=count)) as fake,
        census_of(fake, tmp_path) as census,
    ):
        census.count(OCTOBER)
    (sql,) = asked
    assert sql.count(f"FROM `{TABLE_ID}`\nWHERE") == 1
    assert (
        "receivedAt >= TIMESTAMP '2026-10-01 00:00:00+00'"
        " AND receivedAt < TIMESTAMP '2026-11-01 00:00:00+00'"
    ) in sql
    assert "${" not in sql


# Google's client waits two minutes for results, whatever it is told.
FAILURES = [
    (method, fault)
    for method in (QUERY, "queries.getResults", "jobs.get")
    for fault in (ACCESS_REVOKED, UNAVAILABLE, Garbage(), Reset(), Reset(applied=True), Silence())
    if (method, fault) != ("queries.getResults", Silence())
]


@pytest.mark.parametrize(("method", "fault"), FAILURES)
def test_a_request_that_fails_is_not_repeated(tmp_path: Path, method: str, fault: Fault) -> None:
    """Who counts tries again later; until then nothing more is billed."""
    with running_bigquery(behaviour=ANSWERING) as fake, census_of(fake, tmp_path) as census:
        fake.script = first(1, fault, method=method)
        with pytest.raises(WarehouseUnavailable, match=TABLE_ID):
            census.count(OCTOBER)
        assert fake.count(QUERY) == 1
        assert census.count(OCTOBER)["clusters"] == COUNTS["clusters"]


@pytest.mark.parametrize("reason", ["backendError", "rateLimitExceeded", "resourcesExceeded"])
def test_a_query_that_fails_is_not_repeated(tmp_path: Path, reason: str) -> None:
    """A query that ended in an error may have been billed."""
    with running_bigquery(behaviour=ANSWERING) as fake, census_of(fake, tmp_path) as census:
        fake.script = first(1, JobError(reason=reason, message="cluster-1"), method=QUERY)
        with pytest.raises(WarehouseUnavailable) as unavailable:
            census.count(OCTOBER)
        assert "cluster-1" not in str(unavailable.value)
        assert fake.count(QUERY) == 1


def test_rows_that_break_off_are_an_error(tmp_path: Path) -> None:
    """A part of the counts is never taken for all of them."""
    with running_bigquery(behaviour=ANSWERING) as fake, census_of(fake, tmp_path) as census:
        fake.script = lambda request: UNAVAILABLE if "pageToken" in request.query else None
        with pytest.raises(WarehouseUnavailable, match="HTTP 503"):
            census.count(OCTOBER)


def test_no_error_quotes_a_report(tmp_path: Path) -> None:
    """What BigQuery says of a query may quote what it read."""
    with running_bigquery(behaviour=ANSWERING) as fake, census_of(fake, tmp_path) as census:
        quoting = HTTPError(status=400, reason="invalidQuery", message="Bad int64: cluster-1")
        fake.script = always(quoting, method=QUERY)
        with pytest.raises(WarehouseUnavailable) as unavailable:
            census.count(OCTOBER)
        assert "cluster-1" not in str(unavailable.value)
        fake.script = no_faults


def test_columns_that_are_missing_are_named(tmp_path: Path) -> None:
    """A table without the columns that are read is an error before any query."""
    original: JSONObject = {"schema": {"fields": [*ORIGINAL_COLUMNS]}}
    with running_bigquery(behaviour=ANSWERING) as fake:
        fake.service.add(TABLE_ID, original)
        with (
            census_of(fake, tmp_path) as census,
            pytest.raises(WarehouseUnusable, match=r"lacks the columns .*receivedAt.*, which a"),
        ):
            census.count(OCTOBER)
        assert fake.count(QUERY) == 0


def test_counting_makes_and_changes_no_table(tmp_path: Path) -> None:
    """Whoever only looks at exact figures leaves nothing behind, in BigQuery or beside it."""
    with running_bigquery(behaviour=ANSWERING) as fake, census_of(fake, tmp_path) as census:
        census.count(OCTOBER)
        assert fake.count("tables.insert") == fake.count("tables.patch") == 0
        del fake.service.tables[TABLE_ID]
        with pytest.raises(WarehouseUnavailable, match=f"{TABLE_ID}: it is missing"):
            census.count(OCTOBER)
        assert not fake.service.tables
        assert not [*tmp_path.iterdir()]
