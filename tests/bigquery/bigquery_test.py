"""Tables, views and SQL of the BigQuery warehouse, on an emulator that runs them.

How rows are loaded and columns added is tested elsewhere: the emulator gives jobs IDs of its own,
and changes a table's description only.
"""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from google.cloud import bigquery

from collector.records import SpooledReport
from collector.warehouse.bigquery import BigQueryTable
from collector.warehouse.bigquery.schema import COLUMNS
from collector.warehouse.bigquery.table import (
    count_reports,
    create_view,
    expire_reports,
    forget_cluster,
)
from tests.bigquery.emulator import PROJECT, client_of, running_emulator, service_of, write

HOUR = 1_795_417_200  # 2026-11-23T07:00:00Z
DAY = 86_400
WORKLOADS = {
    "namespaces": {"count": 3, "meanAge": 940},
    "kinds": [
        {"kind": "pods", "perNamespace": [1, 0, 2], "medianAge": 860},
        {"kind": "jobs", "perNamespace": [2, 1]},
    ],
}


@pytest.fixture(scope="module")
def emulator() -> Iterator[str]:
    """The URL of an emulator."""
    with running_emulator() as url:
        yield url


@pytest.fixture
def client(emulator: str) -> Iterator[bigquery.Client]:
    """A client of the emulator."""
    with closing(client_of(emulator)) as made:
        yield made


@pytest.fixture
def table(client: bigquery.Client, request: pytest.FixtureRequest) -> BigQueryTable:
    """The address of a table, that is not there yet, in a dataset of the test's own."""
    dataset = str(request.node.name)
    client.create_dataset(dataset)
    return BigQueryTable(PROJECT, dataset, "reports")


def _report(key: str, *, received_at: int = HOUR, cluster_id: str = "c") -> SpooledReport:
    document = {
        "version": "v2.0.0",
        "timestamp": str(received_at),
        "clusterID": cluster_id,
        "nodes": [
            {"id": f"{key}-{node}", "capacity": [{"resource": "cpu", "value": str(node)}]}
            for node in (2, 4)
        ],
        "extensions": [{"name": "example.com/name", "value": "süß 中"}],
    }
    return SpooledReport(1, key, received_at, json.dumps(document, ensure_ascii=False).encode())


def _with_workloads(key: str) -> SpooledReport:
    plain = _report(key)
    document = {**json.loads(plain.encoded), "workloads": WORKLOADS}
    return SpooledReport(1, key, HOUR, json.dumps(document).encode())


def _make_view(emulator: str, table: BigQueryTable) -> None:
    with closing(service_of(emulator, table)) as service:
        create_view(service)


def _rows(client: bigquery.Client, sql: str) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in client.query_and_wait(sql)]


def test_a_table_is_made_and_filled(
    emulator: str, client: bigquery.Client, table: BigQueryTable, tmp_path: Path
) -> None:
    """A table that is missing is made by day and by cluster, and its nested rows can be queried."""
    write(emulator, table, tmp_path, [_report("one")])
    made = client.get_table(str(table))
    assert made.time_partitioning.field == "receivedAt"
    assert made.clustering_fields == ["clusterID"]
    assert list(made.schema) == list(COLUMNS)
    nodes = f"""
        SELECT clusterID, node.id, capacity.value, extensions[0].value, receivedAt
        FROM `{table}`, UNNEST(nodes) AS node, UNNEST(node.capacity) AS capacity
        WHERE DATE(receivedAt) = '2026-11-23'
        ORDER BY node.id
    """  # noqa: S608 - a name of ours
    found = _rows(client, nodes)
    assert [row[:4] for row in found] == [
        ("c", "one-2", "2", "süß 中"),
        ("c", "one-4", "4", "süß 中"),
    ]
    assert str(found[0][4]) == "2026-11-23 07:00:00+00:00"


def test_workloads_can_be_queried(
    emulator: str, client: bigquery.Client, table: BigQueryTable, tmp_path: Path
) -> None:
    """Workloads are there in the view, nested, beside a report that has none."""
    write(emulator, table, tmp_path, [_with_workloads("one"), _report("two")])
    _make_view(emulator, table)
    namespaces = f"""
        SELECT reportKey, workloads.namespaces.`count`, workloads.namespaces.meanAge
        FROM `{table.view}` ORDER BY 1
    """  # noqa: S608 - a name of ours
    assert _rows(client, namespaces) == [("one", 3, 940), ("two", None, None)]
    kinds = f"""
        SELECT kind.kind, kind.medianAge, namespaces
        FROM `{table.view}`, UNNEST(workloads.kinds) AS kind,
            UNNEST(kind.perNamespace) AS namespaces
        WHERE kind.kind = 'pods' ORDER BY 3
    """  # noqa: S608 - a name of ours
    assert _rows(client, kinds) == [("pods", 860, number) for number in (0, 1, 2)]


def test_rows_without_a_key_are_all_in_the_view(
    emulator: str, client: bigquery.Client, table: BigQueryTable, tmp_path: Path
) -> None:
    """Rows of the original, which have neither key nor hour, stay beside ours, alike or not."""
    client.create_table(bigquery.Table(str(table), schema=COLUMNS))
    old = {"version": "v1.1.0", "timestamp": "1", "clusterID": "old"}
    assert client.insert_rows_json(str(table), [old, old]) == []
    write(emulator, table, tmp_path, [_report("one"), _report("one")])
    _make_view(emulator, table)
    sql = f"SELECT clusterID, reportKey FROM `{table.view}` ORDER BY 1"  # noqa: S608 - ours
    assert _rows(client, sql) == [("c", "one"), ("old", None), ("old", None)]


def test_the_view_has_each_report_once(
    emulator: str, client: bigquery.Client, table: BigQueryTable, tmp_path: Path
) -> None:
    """The view has a key once a day, however often the table has it; and whole rows."""
    reports = [
        _report("one"),
        _report("two"),
        _report("one"),
        _report("one", received_at=HOUR + 3_600),
        _report("one", received_at=HOUR + DAY),
        _report("three", cluster_id="other"),
    ]
    write(emulator, table, tmp_path, reports)
    _make_view(emulator, table)
    # The name of the view is the test's own.
    sql = f"SELECT reportKey, receivedAt, clusterID FROM `{table.view}` ORDER BY 1, 2"  # noqa: S608 - our own
    found = [(key, str(at)[:13], cluster) for key, at, cluster in _rows(client, sql)]
    assert found == [
        ("one", "2026-11-23 07", "c"),
        ("one", "2026-11-24 07", "c"),
        ("three", "2026-11-23 07", "other"),
        ("two", "2026-11-23 07", "c"),
    ]
    resources = f"""
        SELECT DISTINCT capacity.resource
        FROM `{table.view}`, UNNEST(nodes) AS node, UNNEST(node.capacity) AS capacity
    """  # noqa: S608 - a name of ours
    assert _rows(client, resources) == [("cpu",)]


def test_the_view_can_be_made_again(
    emulator: str, client: bigquery.Client, table: BigQueryTable, tmp_path: Path
) -> None:
    """Making the view again, as after columns were added, replaces it."""
    write(emulator, table, tmp_path, [_report("one")])
    _make_view(emulator, table)
    write(emulator, table, tmp_path, [_report("two")])
    _make_view(emulator, table)
    sql = f"SELECT count(*) FROM `{table.view}`"  # noqa: S608 - a name of ours
    assert _rows(client, sql) == [(2,)]


def test_reports_are_counted_once_each(emulator: str, table: BigQueryTable, tmp_path: Path) -> None:
    """The count leaves out repeats."""
    write(emulator, table, tmp_path, [_report("one"), _report("one"), _report("two")])
    with closing(service_of(emulator, table)) as service:
        assert count_reports(service) == 2


def test_a_cluster_is_forgotten(
    emulator: str, client: bigquery.Client, table: BigQueryTable, tmp_path: Path
) -> None:
    """All rows of a cluster are deleted, whatever its ID looks like, and no others."""
    odd = "a' OR 'a' = 'a"
    write(emulator, table, tmp_path, [_report("one", cluster_id=odd), _report("two")])
    with closing(service_of(emulator, table)) as service:
        assert forget_cluster(service, odd).removed == 1
        assert forget_cluster(service, odd).removed == 0
    assert _rows(client, f"SELECT clusterID FROM `{table}`") == [("c",)]  # noqa: S608 - ours


def test_reports_expire(
    emulator: str, client: bigquery.Client, table: BigQueryTable, tmp_path: Path
) -> None:
    """A table that is partitioned gets an expiration; from another, old reports are deleted."""
    write(emulator, table, tmp_path, [_report("one")])
    plain = BigQueryTable(table.project, table.dataset, "plain")
    client.create_table(bigquery.Table(str(plain), schema=COLUMNS))
    old = _report("old", received_at=HOUR - 400 * DAY - 3_600)
    kept = _report("kept", received_at=HOUR - 400 * DAY)
    write(emulator, plain, tmp_path, [old, kept])
    for each, deleted in ((table, 0), (plain, 1)):
        with closing(service_of(emulator, each)) as service:
            assert expire_reports(service, days=400, now=HOUR) == deleted
    assert client.get_table(str(table)).time_partitioning.expiration_ms == 400 * DAY * 1_000
    assert _rows(client, f"SELECT reportKey FROM `{plain}`") == [("kept",)]  # noqa: S608 - ours
