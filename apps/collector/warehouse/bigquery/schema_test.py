"""The schema: what a new table has, and what an existing one gets."""

import pytest
from google.cloud.bigquery import SchemaField

from collector.errors import WarehouseUnusable
from collector.warehouse.bigquery.schema import (
    COLUMNS,
    REPORT_KEY,
    added,
    merge,
    new_table,
    shape_of,
)
from collector.warehouse.bigquery.testing import ORIGINAL_COLUMNS
from collector.warehouse.columns import REPORT_COLUMNS, Column

ORIGINAL = [SchemaField.from_api_repr(each) for each in ORIGINAL_COLUMNS]
WITHOUT_WORKLOADS = [field for field in COLUMNS if field.name != "workloads"]


def _fields_of(columns: tuple[SchemaField, ...], name: str) -> tuple[SchemaField, ...]:
    return next(tuple(field.fields) for field in columns if field.name == name)


def _names(columns: tuple[Column, ...] | tuple[SchemaField, ...], within: str = "") -> list[str]:
    return [
        path
        for each in columns
        for path in (f"{within}{each.name}", *_names(tuple(each.fields), f"{within}{each.name}."))
    ]


def test_every_field_of_a_report_has_a_column() -> None:
    """The columns are the fields of a report, at any depth, and the two of receipt."""
    assert _names(COLUMNS) == [*_names(REPORT_COLUMNS), "reportKey", "receivedAt"]


def test_the_originals_columns_are_ours() -> None:
    """Each column of the original's table is one of ours, of the same type and mode."""
    merged = merge(ORIGINAL, table_id="p.d.t")
    by_name = {field.name: field for field in merged}
    for field in COLUMNS:
        if field.name in {each.name for each in ORIGINAL}:
            assert by_name[field.name].mode == field.mode
            assert by_name[field.name].field_type == field.field_type


def test_a_new_table_has_a_partition_a_day_and_is_clustered() -> None:
    """A new table is partitioned by the day of receipt and clustered by cluster."""
    table = new_table("project.dataset.table")
    assert table.time_partitioning.type_ == "DAY"
    assert table.time_partitioning.field == "receivedAt"
    assert table.clustering_fields == ["clusterID"]


def test_the_table_of_the_original_gets_the_added_columns() -> None:
    """The original's columns stay first, and NULLABLE ones follow them."""
    merged = merge(ORIGINAL, table_id="p.d.t")
    names = [field.name for field in ORIGINAL]
    assert [field.name for field in merged[: len(ORIGINAL)]] == names
    new = {field.name: (field.field_type, field.mode) for field in merged[len(ORIGINAL) :]}
    assert set(new) == {field.name for field in COLUMNS} - set(names)
    assert new["reportKey"] == ("STRING", "NULLABLE")
    assert new["receivedAt"] == ("TIMESTAMP", "NULLABLE")
    assert new["workloads"] == ("RECORD", "NULLABLE")


def test_a_table_without_workloads_becomes_as_a_new_one() -> None:
    """A table that lacks a column gets it, and is complete."""
    merged = merge(WITHOUT_WORKLOADS, table_id="p.d.t")
    assert sorted(merged, key=repr) == sorted(COLUMNS, key=repr)
    assert added(WITHOUT_WORKLOADS, merged) == ("workloads",)


def test_a_shape_is_names_types_and_modes() -> None:
    """Two columns have one shape whatever else is said of them, and none with another mode."""
    described = SchemaField("reportKey", "string", description="who")
    assert shape_of([described]) == shape_of([REPORT_KEY])
    assert shape_of([SchemaField("reportKey", "STRING", "REQUIRED")]) != shape_of([REPORT_KEY])


def test_workloads_need_no_field() -> None:
    """Nothing of the added column is REQUIRED, so it may be added to a table that has rows."""

    def modes(field: SchemaField) -> set[str]:
        return {field.mode}.union(*(modes(each) for each in field.fields))

    workloads = next(field for field in COLUMNS if field.name == "workloads")
    assert modes(workloads) == {"NULLABLE", "REPEATED"}


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
