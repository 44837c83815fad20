"""Counting, forgetting and letting go, as far as it needs no SQL to run."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from google.cloud.bigquery import Table

from collector.errors import WarehouseUnavailable
from collector.warehouse import Forgotten
from collector.warehouse.bigquery.schema import new_table
from collector.warehouse.bigquery.service import Service
from collector.warehouse.bigquery.table import (
    REMAINS,
    count_reports,
    expire_reports,
    forget_cluster,
)
from collector.warehouse.bigquery.testing import TABLE, opened
from collector.warehouse.testing import HOUR
from tools.bigquery.faults import ACCESS_REVOKED, FaultScript, first, no_faults
from tools.bigquery.messages import JSONObject
from tools.bigquery.server import FakeBigQuery, running_bigquery
from tools.bigquery.service import Behaviour

TABLE_ID = str(TABLE)
DAY_MILLISECONDS = 86_400_000


@contextmanager
def _service(
    behaviour: Behaviour | None = None,
    *,
    script: FaultScript = no_faults,
    table: Table | None = None,
) -> Iterator[tuple[FakeBigQuery, Service]]:
    """Give a fake with `table`, if any, and the service at it."""
    with (
        running_bigquery(behaviour=behaviour, script=script) as fake,
        closing(Service(TABLE, emulator=fake.url)) as service,
    ):
        if table is not None:
            service.create_table(table)
        yield fake, service


def _expiration(fake: FakeBigQuery) -> object:
    partitioning = fake.table(TABLE_ID).resource["timePartitioning"]
    assert isinstance(partitioning, dict)
    return partitioning.get("expirationMs")


def test_reports_are_counted_once_each() -> None:
    """The count is that of the rows of the view, whether there is a view or not."""
    statements: list[str] = []

    def query(sql: str) -> tuple[int, int]:
        statements.append(sql)
        return 41, 0

    with _service(Behaviour(query=query)) as (_, service):
        assert count_reports(service) == 41
    assert statements[0].startswith("SELECT COUNT(*) FROM (SELECT *")
    assert "QUALIFY" in statements[0]


def test_a_cluster_is_forgotten_at_once() -> None:
    """One statement deletes all rows of a cluster; what Google still keeps is said."""
    with _service(Behaviour(query=lambda _: (None, 7))) as (fake, service):
        assert forget_cluster(service, "cluster") == Forgotten(7, REMAINS)
        assert fake.count("jobs.query") == 1
    assert "time travel" in REMAINS
    assert "fail-safe" in REMAINS


def test_no_permission_to_delete_is_reported() -> None:
    """Where the account may not run statements, nothing is taken for forgotten."""
    script = first(1, ACCESS_REVOKED, method="jobs.query")
    with (
        _service(script=script) as (_, service),
        pytest.raises(WarehouseUnavailable, match="these credentials may not do that"),
    ):
        forget_cluster(service, "cluster")


def test_partitions_expire_after_the_retention() -> None:
    """A retention in days becomes the partitions' expiration, and is set only where it changes."""
    with _service(table=new_table(TABLE_ID)) as (fake, service):
        assert _expiration(fake) is None
        assert expire_reports(service, days=400, now=HOUR) == 0
        expire_reports(service, days=400, now=HOUR)
        assert _expiration(fake) == str(400 * DAY_MILLISECONDS)
        assert fake.count("tables.patch") == 1
        expire_reports(service, days=30, now=HOUR)
        assert _expiration(fake) == str(30 * DAY_MILLISECONDS)
        assert fake.count("jobs.query") == 0


def test_reports_in_a_table_without_partitions_are_deleted_by_age() -> None:
    """From a table like the original's, old reports are deleted now, and counted."""
    resource: JSONObject = {}
    with _service(Behaviour(query=lambda _: (None, 9))) as (fake, service):
        fake.service.add(TABLE_ID, resource)
        assert expire_reports(service, days=400, now=HOUR) == 9


def test_a_table_is_searched_for_old_reports_once_a_day(tmp_path: Path) -> None:
    """However often it is asked for, old reports are looked for once a day: a search costs."""
    with running_bigquery(behaviour=Behaviour(query=lambda _: (None, 9))) as fake:
        fake.service.add(TABLE_ID, {})
        with opened(fake.url, tmp_path) as warehouse:
            removed = [
                warehouse.expire(days=400, now=HOUR + seconds) for seconds in (0, 600, 86_400)
            ]
        assert removed == [9, 0, 9]
        assert fake.count("jobs.query") == 2


def test_a_retention_that_may_not_be_set_is_reported() -> None:
    """Where the account may not change the table, the retention is not taken for set."""
    behaviour = Behaviour(forbidden=frozenset({"tables.patch"}))
    with (
        _service(behaviour, table=new_table(TABLE_ID)) as (_, service),
        pytest.raises(WarehouseUnavailable, match="may not change it"),
    ):
        expire_reports(service, days=400, now=HOUR)


def test_a_table_that_is_gone_has_no_retention() -> None:
    """Where the table is missing, the error says so."""
    with (
        _service() as (_, service),
        pytest.raises(WarehouseUnavailable, match="deleted"),
    ):
        expire_reports(service, days=400, now=HOUR)
