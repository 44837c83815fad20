"""The table that the BigQuery database fills: made, used as it is, waited for, given up on."""

from collections import Counter
from pathlib import Path

import pytest

from collector.errors import WarehouseUnavailable, WarehouseUnusable
from collector.warehouse.bigquery.schema import COLUMNS
from collector.warehouse.bigquery.testing import (
    TABLE_ID,
    WORKLOADS,
    batch_of,
    dead_letters_in,
    keys_of,
    open_database,
    some_reports,
    spooled,
)
from tools.bigquery.messages import JSON, JSONObject
from tools.bigquery.server import FakeBigQuery, running_bigquery
from tools.bigquery.service import Behaviour

ORIGINAL_COLUMNS: list[JSON] = [field.to_api_repr() for field in COLUMNS[:6]]
FIRST_RELEASE_COLUMNS: list[JSON] = [field.to_api_repr() for field in COLUMNS[:-1]]


def _add_original(fake: FakeBigQuery, *rows: JSONObject) -> None:
    fake.service.add(TABLE_ID, {"schema": {"fields": ORIGINAL_COLUMNS}})
    fake.table(TABLE_ID).rows.extend(rows)


def test_a_missing_table_is_made(tmp_path: Path) -> None:
    """A table that is missing is made, partitioned, clustered, and with the original's columns."""
    with running_bigquery() as fake, open_database(fake.url, tmp_path):
        resource = fake.table(TABLE_ID).resource
    assert resource["timePartitioning"] == {"type": "DAY", "field": "receivedAt"}
    assert resource["clustering"] == {"fields": ["clusterID"]}
    assert resource["schema"] == {"fields": [field.to_api_repr() for field in COLUMNS]}


def test_a_deleted_table_is_never_made_anew(tmp_path: Path) -> None:
    """A table deleted under a collector stops it, also after a restart, until there is one."""
    with running_bigquery() as fake:
        with open_database(fake.url, tmp_path) as database:
            del fake.service.tables[TABLE_ID]
            with pytest.raises(WarehouseUnavailable, match="missing: deleted, or made so lately"):
                database.write(batch_of(some_reports(1)))
        with (
            pytest.raises(WarehouseUnavailable, match="was deleted, and is not made anew"),
            open_database(fake.url, tmp_path),
        ):
            pytest.fail("it must not open")
        assert TABLE_ID not in fake.service.tables
        fake.service.add(TABLE_ID, {})
        with open_database(fake.url, tmp_path) as database:
            database.write(batch_of(some_reports(1)))
        assert len(fake.table(TABLE_ID).rows) == 1
    assert dead_letters_in(tmp_path) == []


def test_a_missing_dataset_is_told(tmp_path: Path) -> None:
    """Where the dataset is missing, the error says so."""
    with running_bigquery() as fake:
        fake.service.datasets.clear()
        with (
            pytest.raises(WarehouseUnavailable, match="Not found: Dataset"),
            open_database(fake.url, tmp_path),
        ):
            pytest.fail("it must not open")


def test_the_table_of_the_original_is_used(tmp_path: Path) -> None:
    """The original's table gets the added columns, and its rows stay."""
    old: JSONObject = {"version": "v1.1.0", "timestamp": "1", "clusterID": "old"}
    with running_bigquery() as fake:
        _add_original(fake, old, old)
        with open_database(fake.url, tmp_path) as database:
            database.write(batch_of(some_reports(2)))
        table = fake.table(TABLE_ID)
        assert table.column_names()[-3:] == ["reportKey", "receivedAt", "workloads"]
        assert table.rows[:2] == [old, old]
        assert len(table.view()) == 4


def test_the_table_of_the_original_is_used_without_permission_to_change_it(tmp_path: Path) -> None:
    """Where columns may not be added, reports go into those that are there."""
    behaviour = Behaviour(forbidden=frozenset({"tables.patch"}))
    with running_bigquery(behaviour=behaviour) as fake:
        _add_original(fake)
        with open_database(fake.url, tmp_path) as database:
            assert database.missing_columns() == ("reportKey", "receivedAt", "workloads")
            database.write(batch_of(some_reports(2)))
        rows = fake.table(TABLE_ID).rows
    assert [row["clusterID"] for row in rows] == ["cluster-0", "cluster-1"]
    assert all("reportKey" not in row for row in rows)


def test_a_column_within_a_record_is_added(tmp_path: Path) -> None:
    """Where a record lacks a field, the table gets it before rows are sent that have it."""
    workloads = COLUMNS[-1].to_api_repr()
    short: JSON = {**workloads, "fields": workloads["fields"][:1]}
    columns: list[JSON] = [*FIRST_RELEASE_COLUMNS, short]
    with running_bigquery() as fake:
        fake.service.add(TABLE_ID, {"schema": {"fields": columns}})
        with open_database(fake.url, tmp_path) as database:
            database.write(batch_of([spooled(1, workloads=WORKLOADS)]))
        assert [row["workloads"] for row in fake.table(TABLE_ID).rows] == [WORKLOADS]


def test_workloads_are_kept(tmp_path: Path) -> None:
    """A table of the first release gets the column, and a report's workloads are in its row."""
    with running_bigquery() as fake:
        fake.service.add(TABLE_ID, {"schema": {"fields": FIRST_RELEASE_COLUMNS}})
        with open_database(fake.url, tmp_path) as database:
            assert database.missing_columns() == ()
            database.write(batch_of([spooled(1, workloads=WORKLOADS), spooled(2)]))
        table = fake.table(TABLE_ID)
        assert table.fields == [field.to_api_repr() for field in COLUMNS]
        assert [row.get("workloads") for row in table.rows] == [WORKLOADS, None]
    assert dead_letters_in(tmp_path) == []


def test_a_report_outlives_workloads_that_cannot_be_kept(tmp_path: Path) -> None:
    """Where the column may not be added, everything else of the report is in the table."""
    behaviour = Behaviour(forbidden=frozenset({"tables.patch"}))
    with running_bigquery(behaviour=behaviour) as fake:
        fake.service.add(TABLE_ID, {"schema": {"fields": FIRST_RELEASE_COLUMNS}})
        with open_database(fake.url, tmp_path) as database:
            assert database.missing_columns() == ("workloads",)
            database.write(batch_of([spooled(1, workloads=WORKLOADS), spooled(2)]))
        with_workloads, without = fake.table(TABLE_ID).rows
    assert with_workloads.keys() == without.keys()
    assert with_workloads["reportKey"] == spooled(1).report_key
    assert dead_letters_in(tmp_path) == []


def test_columns_that_have_not_arrived_yet_are_waited_for(tmp_path: Path) -> None:
    """Rows refused because an added column is not known everywhere yet are sent again."""
    with running_bigquery(behaviour=Behaviour(stale_inserts=3)) as fake:
        _add_original(fake)
        with open_database(fake.url, tmp_path) as database:
            database.write(batch_of(some_reports(2)))
        assert len(fake.table(TABLE_ID).rows) == 2
    assert dead_letters_in(tmp_path) == []


@pytest.mark.parametrize("behaviour", [Behaviour(late_inserts=1), Behaviour(lost_inserts=1)])
def test_a_new_table_has_to_show_rows_before_they_count(
    tmp_path: Path, behaviour: Behaviour
) -> None:
    """Rows for a table that was just made are not done with until they can be read."""
    reports = some_reports(3)
    with running_bigquery(behaviour=behaviour) as fake:
        with (
            open_database(fake.url, tmp_path) as database,
            pytest.raises(WarehouseUnavailable, match=r"so lately|cannot be read yet"),
        ):
            database.write(batch_of(reports))
        with open_database(fake.url, tmp_path) as database:
            database.write(batch_of(reports))
        assert Counter(str(row["reportKey"]) for row in fake.table(TABLE_ID).rows) == Counter(
            keys_of(reports)
        )


def test_rows_are_not_buried_for_a_fault_of_the_table(tmp_path: Path) -> None:
    """When the table no longer fits reports, invalid rows stop the drain and are not given up."""
    with running_bigquery() as fake:
        with open_database(fake.url, tmp_path) as database:
            owner: JSON = {"name": "owner", "type": "STRING", "mode": "REQUIRED"}
            columns: list[JSON] = [owner, *fake.table(TABLE_ID).fields]
            fake.service.add(TABLE_ID, {"schema": {"fields": columns}})
            with pytest.raises(WarehouseUnusable, match="column owner is REQUIRED"):
                database.write(batch_of(some_reports(2)))
        assert fake.table(TABLE_ID).rows == []
    assert dead_letters_in(tmp_path) == []


def test_a_view_is_no_table(tmp_path: Path) -> None:
    """The name of a view is refused as one."""
    with running_bigquery() as fake:
        fake.service.add(TABLE_ID, {"type": "VIEW"})
        with (
            pytest.raises(WarehouseUnusable, match="is a view, not a table"),
            open_database(fake.url, tmp_path),
        ):
            pytest.fail("it must not open")
