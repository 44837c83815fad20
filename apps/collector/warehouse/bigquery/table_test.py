"""The table that a warehouse fills: made, used as it is, given up on."""

from pathlib import Path

import pytest

from collector.errors import WarehouseUnavailable, WarehouseUnusable
from collector.warehouse.bigquery.schema import COLUMNS
from collector.warehouse.bigquery.testing import ORIGINAL_COLUMNS, TABLE_ID, opened
from collector.warehouse.testing import WORKLOADS, batch_of, dead_letters_in, some_reports, spooled
from tools.bigquery.messages import JSON, JSONObject
from tools.bigquery.server import FakeBigQuery, running_bigquery
from tools.bigquery.service import Behaviour

ORIGINAL: JSONObject = {"schema": {"fields": [*ORIGINAL_COLUMNS]}}
ADDED = {field.name for field in COLUMNS} - {str(each["name"]) for each in [*ORIGINAL_COLUMNS]}
WITHOUT_WORKLOADS: list[JSON] = [
    field.to_api_repr() for field in COLUMNS if field.name != "workloads"
]
WITHOUT_PATCH = Behaviour(forbidden=frozenset({"tables.patch"}))


def _add_original(fake: FakeBigQuery, *rows: JSONObject) -> None:
    fake.service.add(TABLE_ID, ORIGINAL)
    fake.table(TABLE_ID).rows.extend(rows)


def test_a_missing_table_is_made(tmp_path: Path) -> None:
    """A table that is missing is made, partitioned, clustered, and with the original's columns."""
    with running_bigquery() as fake, opened(fake.url, tmp_path):
        resource = fake.table(TABLE_ID).resource
    assert resource["timePartitioning"] == {"type": "DAY", "field": "receivedAt"}
    assert resource["clustering"] == {"fields": ["clusterID"]}
    assert resource["schema"] == {"fields": [field.to_api_repr() for field in COLUMNS]}


def test_a_deleted_table_is_never_made_again(tmp_path: Path) -> None:
    """A table deleted under a collector stops it, also after a restart, until there is one."""
    with running_bigquery() as fake:
        with opened(fake.url, tmp_path) as warehouse:
            del fake.service.tables[TABLE_ID]
            with pytest.raises(WarehouseUnavailable, match="Not found: Table"):
                warehouse.write(batch_of(some_reports(1)))
        with (
            pytest.raises(WarehouseUnavailable, match="was deleted, and is not made again"),
            opened(fake.url, tmp_path),
        ):
            pytest.fail("it must not open")
        assert TABLE_ID not in fake.service.tables
        fake.service.add(TABLE_ID, {})
        with opened(fake.url, tmp_path) as warehouse:
            warehouse.write(batch_of(some_reports(1)))
        assert len(fake.table(TABLE_ID).rows) == 1
    assert dead_letters_in(tmp_path) == []


def test_a_missing_dataset_is_reported(tmp_path: Path) -> None:
    """Where the dataset is missing, the error says so."""
    with running_bigquery() as fake:
        fake.service.datasets.clear()
        with (
            pytest.raises(WarehouseUnavailable, match="Not found: Dataset"),
            opened(fake.url, tmp_path),
        ):
            pytest.fail("it must not open")


def test_the_table_of_the_original_is_used(tmp_path: Path) -> None:
    """The original's table gets the added columns, and its rows stay."""
    old: JSONObject = {"version": "v1.1.0", "timestamp": "1", "clusterID": "old"}
    with running_bigquery() as fake:
        _add_original(fake, old, old)
        with opened(fake.url, tmp_path) as warehouse:
            warehouse.write(batch_of(some_reports(2)))
        table = fake.table(TABLE_ID)
        assert set(table.column_names()[len(ORIGINAL_COLUMNS) :]) == ADDED
        assert table.rows[:2] == [old, old]
        assert len(table.view()) == 4


def test_the_table_of_the_original_is_used_without_permission_to_change_it(tmp_path: Path) -> None:
    """Where columns may not be added, what reports hold there is left out, and the rest loaded."""
    with running_bigquery(behaviour=WITHOUT_PATCH) as fake:
        _add_original(fake)
        with opened(fake.url, tmp_path) as warehouse:
            assert set(warehouse.missing_columns()) >= ADDED
            warehouse.write(batch_of([*some_reports(2), spooled(3, workloads=WORKLOADS)]))
        rows = fake.table(TABLE_ID).rows
    assert [row["clusterID"] for row in rows] == ["cluster-1", "cluster-2", "cluster-3"]
    assert not any(row.keys() & ADDED for row in rows)
    assert dead_letters_in(tmp_path) == []


def test_a_column_within_a_record_is_added(tmp_path: Path) -> None:
    """Where a record lacks a field, the table gets it before rows are loaded that have it."""
    workloads = next(field for field in COLUMNS if field.name == "workloads").to_api_repr()
    short: JSON = {**workloads, "fields": workloads["fields"][:1]}
    with running_bigquery() as fake:
        fake.service.add(TABLE_ID, {"schema": {"fields": [*WITHOUT_WORKLOADS, short]}})
        with opened(fake.url, tmp_path) as warehouse:
            warehouse.write(batch_of([spooled(1, workloads=WORKLOADS)]))
        assert [row["workloads"] for row in fake.table(TABLE_ID).rows] == [WORKLOADS]


def test_workloads_are_kept(tmp_path: Path) -> None:
    """A table without their column gets it, and a report's workloads are in its row."""
    with running_bigquery() as fake:
        fake.service.add(TABLE_ID, {"schema": {"fields": WITHOUT_WORKLOADS}})
        with opened(fake.url, tmp_path) as warehouse:
            assert warehouse.missing_columns() == ()
            warehouse.write(batch_of([spooled(1, workloads=WORKLOADS), spooled(2)]))
        rows = fake.table(TABLE_ID).rows
    assert [row.get("workloads") for row in rows] == [WORKLOADS, None]


def test_a_jobs_schema_is_the_tables(tmp_path: Path) -> None:
    """A job appends, makes no table, and has the columns of the table, its owner's among them."""
    comment: JSON = {"name": "comment", "type": "STRING"}
    columns: list[JSON] = [*(field.to_api_repr() for field in COLUMNS), comment]
    with running_bigquery() as fake:
        fake.service.add(TABLE_ID, {"schema": {"fields": columns}})
        with opened(fake.url, tmp_path) as warehouse:
            warehouse.write(batch_of(some_reports(1)))
        (job,) = fake.service.jobs.values()
        schema = job.load["schema"]
    assert isinstance(schema, dict)
    assert isinstance(schema["fields"], list)
    assert [each["name"] for each in schema["fields"] if isinstance(each, dict)] == [
        *(field.name for field in COLUMNS),
        "comment",
    ]
    assert job.load["createDisposition"] == "CREATE_NEVER"
    assert job.load["writeDisposition"] == "WRITE_APPEND"
    assert job.load["ignoreUnknownValues"] is False


def test_a_column_that_vanishes_is_no_rows_fault(tmp_path: Path) -> None:
    """When a column is dropped under a collector, rows wait, and no report is refused."""
    with running_bigquery() as fake:
        with opened(fake.url, tmp_path) as warehouse:
            fake.service.add(TABLE_ID, {"schema": {"fields": WITHOUT_WORKLOADS}})
            with pytest.raises(WarehouseUnavailable, match="Provided Schema does not match"):
                warehouse.write(batch_of([spooled(1, workloads=WORKLOADS)]))
        with opened(fake.url, tmp_path) as warehouse:  # adds the column again
            warehouse.write(batch_of([spooled(1, workloads=WORKLOADS)]))
        assert len(fake.table(TABLE_ID).rows) == 1
    assert dead_letters_in(tmp_path) == []


def test_rows_are_not_refused_for_a_fault_of_the_table(tmp_path: Path) -> None:
    """When the table is replaced by one that reports cannot fill, no report is refused for it."""
    owner: JSON = {"name": "owner", "type": "STRING", "mode": "REQUIRED"}
    columns: list[JSON] = [owner, *(field.to_api_repr() for field in COLUMNS)]
    complete: JSONObject = {"schema": {"fields": [field.to_api_repr() for field in COLUMNS]}}
    with running_bigquery() as fake:
        with opened(fake.url, tmp_path) as warehouse:
            fake.service.add(TABLE_ID, {"schema": {"fields": columns}})
            with pytest.raises(WarehouseUnavailable, match="columns were changed just now"):
                warehouse.write(batch_of(some_reports(2)))
        with (
            pytest.raises(WarehouseUnusable, match="column owner is REQUIRED"),
            opened(fake.url, tmp_path),
        ):
            pytest.fail("it must not open")
        fake.service.add(TABLE_ID, complete)
        with opened(fake.url, tmp_path) as warehouse:
            warehouse.write(batch_of(some_reports(2)))
        assert len(fake.table(TABLE_ID).rows) == 2
    assert dead_letters_in(tmp_path) == []


def test_a_view_is_no_table(tmp_path: Path) -> None:
    """The name of a view is refused as one."""
    with running_bigquery() as fake:
        fake.service.add(TABLE_ID, {"type": "VIEW"})
        with (
            pytest.raises(WarehouseUnusable, match="is a view, not a table"),
            opened(fake.url, tmp_path),
        ):
            pytest.fail("it must not open")
