"""The columns of a BigQuery table of reports: those of a report, and two that we add.

Tables of the original have been in use for years, so their columns keep their names, types and
modes, and whatever is added is NULLABLE: their rows have none of it.
"""

from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from google.cloud.bigquery import (
    SchemaField,
    Table,
    TimePartitioning,
    TimePartitioningType,
)

from collector import records
from collector.errors import WarehouseUnusable
from collector.warehouse.columns import REPORT_COLUMNS, Column, Kind

Shape: TypeAlias = tuple[tuple[object, ...], ...]
"""Names, types and modes of columns, with those inside; nothing else about them."""

_TYPES: Final = {Kind.TEXT: "STRING", Kind.INTEGER: "INTEGER", Kind.STRUCT: "RECORD"}
_ALIASES: Final = {"STRUCT": "RECORD", "INT64": "INTEGER"}


def _field_of(column: Column) -> SchemaField:
    mode = "REPEATED" if column.repeated else "REQUIRED" if column.required else "NULLABLE"
    fields = tuple(_field_of(each) for each in column.fields)
    return SchemaField(column.name, _TYPES[column.kind], mode, fields=fields)


REPORT_KEY: Final = SchemaField(records.REPORT_KEY, "STRING")
RECEIVED_AT: Final = SchemaField(records.RECEIVED_AT, "TIMESTAMP")
_ALWAYS_FILLED: Final = (REPORT_KEY, RECEIVED_AT)
COLUMNS: Final = (*(_field_of(each) for each in REPORT_COLUMNS), *_ALWAYS_FILLED)
"""All columns, in the order in which a new table has them."""


def new_table(table_id: str) -> Table:
    """Return the table to be made: a partition a day of receipt, clustered by cluster."""
    table = Table(table_id, schema=COLUMNS)
    table.time_partitioning = TimePartitioning(
        type_=TimePartitioningType.DAY, field=RECEIVED_AT.name
    )
    table.clustering_fields = ["clusterID"]
    return table


def merge(existing: Sequence[SchemaField], *, table_id: str) -> list[SchemaField]:
    """Return the schema of an existing table with what is missing added at the end.

    Equal to `existing` where nothing is missing. Raises `WarehouseUnusable` for a table that can
    never take reports, naming the column.
    """
    return _merge(existing, COLUMNS, within=f"table {table_id}: column ")


def added(before: Sequence[SchemaField], after: Sequence[SchemaField]) -> tuple[str, ...]:
    """Return the columns that only `after` has: `reportKey`, `nodes.osImage`."""
    known = {"", *_paths(before)}
    return tuple(
        path for path in _paths(after) if path not in known and path.rpartition(".")[0] in known
    )


def shape_of(fields: Sequence[SchemaField]) -> Shape:
    """Return the shape of columns."""
    return tuple(
        (field.name, _type_of(field), field.mode, shape_of(field.fields)) for field in fields
    )


def _paths(fields: Sequence[SchemaField], within: str = "") -> Iterator[str]:
    for field in fields:
        yield f"{within}{field.name}"
        yield from _paths(field.fields, f"{within}{field.name}.")


def _merge(
    existing: Sequence[SchemaField], ours: Sequence[SchemaField], *, within: str
) -> list[SchemaField]:
    # BigQuery compares the names of columns without case.
    missing = {field.name.lower(): field for field in ours}
    merged = []
    for field in existing:
        wanted = missing.pop(field.name.lower(), None)
        merged.append(_merge_field(field, wanted, within=within))
    return merged + [_optional(field) for field in missing.values()]


def _merge_field(existing: SchemaField, ours: SchemaField | None, *, within: str) -> SchemaField:
    name = f"{within}{existing.name}"
    is_filled = ours is not None and (ours.mode == "REQUIRED" or ours in _ALWAYS_FILLED)
    if existing.mode == "REQUIRED" and not is_filled:
        raise WarehouseUnusable(f"{name} is REQUIRED, and reports may lack it")
    if ours is None:
        return existing
    is_list, wants_list = existing.mode == "REPEATED", ours.mode == "REPEATED"
    if _type_of(existing) != _type_of(ours) or is_list != wants_list:
        kind = f"{ours.mode} {ours.field_type}" if wants_list else ours.field_type
        raise WarehouseUnusable(f"{name} must be {kind} to take reports; use another table")
    if not ours.fields:
        return existing
    fields = _merge(existing.fields, ours.fields, within=f"{name}.")
    # A copy: what the library returns is the field's own, and `existing` is still to be compared.
    resource = {
        **existing.to_api_repr(),
        "fields": [field.to_api_repr() for field in fields],
    }
    return SchemaField.from_api_repr(resource)


def _optional(field: SchemaField) -> SchemaField:
    """Return `field` as it may be added to a table that has rows."""
    if field.mode != "REQUIRED":
        return field
    return SchemaField(field.name, field.field_type, "NULLABLE", fields=field.fields)


def _type_of(field: SchemaField) -> str:
    return _ALIASES.get(field.field_type, field.field_type)
