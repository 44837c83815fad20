"""The schema: what a new table has, and what an existing one gets."""

import msgspec
import pytest
from google.cloud.bigquery import SchemaField

from collector.errors import WarehouseUnusable
from collector.warehouse.bigquery.schema import COLUMNS, added, merge, new_table
from report import (
    Extension,
    NamespaceCount,
    Node,
    Report,
    Resource,
    WorkloadKind,
    Workloads,
)

ORIGINAL = list(COLUMNS[:6])


def _fields_of(columns: tuple[SchemaField, ...], name: str) -> tuple[SchemaField, ...]:
    return next(tuple(field.fields) for field in columns if field.name == name)


def test_every_field_of_a_report_has_a_column() -> None:
    """The columns are the fields of the wire contract, in its order, and the two of receipt."""
    nodes = _fields_of(COLUMNS, "nodes")
    workloads = _fields_of(COLUMNS, "workloads")
    named: dict[type[msgspec.Struct], tuple[SchemaField, ...]] = {
        Report: (*ORIGINAL, COLUMNS[-1]),
        Node: nodes,
        Resource: _fields_of(nodes, "capacity"),
        Extension: _fields_of(COLUMNS, "extensions"),
        Workloads: workloads,
        NamespaceCount: _fields_of(workloads, "namespaces"),
        WorkloadKind: _fields_of(workloads, "kinds"),
    }
    for struct, fields in named.items():
        wire_names = [field.encode_name for field in msgspec.structs.fields(struct)]
        assert [field.name for field in fields] == wire_names


def test_a_new_table_has_a_partition_a_day_and_is_clustered() -> None:
    """A new table is partitioned by the day of receipt and clustered by cluster."""
    table = new_table("project.dataset.table")
    assert table.time_partitioning.type_ == "DAY"
    assert table.time_partitioning.field == "receivedAt"
    assert table.clustering_fields == ["clusterID"]


def test_the_table_of_the_original_gets_the_added_columns() -> None:
    """The original's columns stay as they are, and three NULLABLE ones follow them."""
    merged = merge(ORIGINAL, table_id="p.d.t")
    assert merged[: len(ORIGINAL)] == ORIGINAL
    new = [(field.name, field.field_type, field.mode) for field in merged[len(ORIGINAL) :]]
    assert new == [
        ("reportKey", "STRING", "NULLABLE"),
        ("receivedAt", "TIMESTAMP", "NULLABLE"),
        ("workloads", "RECORD", "NULLABLE"),
    ]


def test_a_table_of_the_first_release_becomes_as_a_new_one() -> None:
    """A table that was made before there were workloads gets their column, and is complete."""
    before = COLUMNS[:-1]
    assert merge(before, table_id="p.d.t") == list(COLUMNS)
    assert added(before, COLUMNS) == ("workloads",)


def test_workloads_need_no_field() -> None:
    """Nothing of the added column is REQUIRED, so it may be added to a table that has rows."""

    def modes(field: SchemaField) -> set[str]:
        return {field.mode}.union(*(modes(each) for each in field.fields))

    assert modes(COLUMNS[-1]) == {"NULLABLE", "REPEATED"}


def test_a_complete_table_stays_as_it_is() -> None:
    """A table with all columns, and one of its owner's, is not changed."""
    existing = [*COLUMNS, SchemaField("comment", "STRING")]
    assert merge(existing, table_id="p.d.t") == existing


def test_a_missing_field_within_a_record_is_added() -> None:
    """A field that a record lacks is added within the record, and is NULLABLE."""
    short = SchemaField("extensions", "RECORD", "REPEATED", fields=[SchemaField("name", "STRING")])
    existing = [short if field.name == "extensions" else field for field in COLUMNS]
    merged = merge(existing, table_id="p.d.t")
    fields = _fields_of(tuple(merged), "extensions")
    assert [(field.name, field.mode) for field in fields] == [
        ("name", "NULLABLE"),
        ("value", "NULLABLE"),
    ]
    assert added(existing, merged) == ("extensions.value",)


def test_an_empty_table_gets_all_columns_as_optional_ones() -> None:
    """A table without columns gets every one, none of them REQUIRED."""
    merged = merge([], table_id="p.d.t")
    assert [field.name for field in merged] == [field.name for field in COLUMNS]
    assert all(field.mode != "REQUIRED" for field in merged)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (SchemaField("owner", "STRING", "REQUIRED"), "column owner is REQUIRED"),
        (SchemaField("masterVersion", "STRING", "REQUIRED"), "column masterVersion is REQUIRED"),
        (SchemaField("nodes", "STRING"), "column nodes must be REPEATED RECORD"),
        (SchemaField("receivedAt", "STRING"), "column receivedAt must be TIMESTAMP"),
        (
            SchemaField("nodes", "RECORD", "REPEATED", fields=[SchemaField("id", "INTEGER")]),
            "column nodes.id must be STRING",
        ),
    ],
)
def test_a_table_that_can_never_take_reports_is_refused(column: SchemaField, words: str) -> None:
    """A column that reports cannot fill, or of another type, is named in the refusal."""
    with pytest.raises(WarehouseUnusable, match=words):
        merge([column], table_id="p.d.t")


def test_a_required_column_that_is_always_filled_is_fine() -> None:
    """A REQUIRED column that every report fills does not matter."""
    required = SchemaField("reportKey", "STRING", "REQUIRED")
    assert merge([required], table_id="p.d.t")[0] == required
