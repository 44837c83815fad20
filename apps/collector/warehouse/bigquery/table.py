"""Making sure that there is a table that takes reports."""

from dataclasses import dataclass

from google.cloud.bigquery import SchemaField, Table

from collector.errors import WarehouseUnavailable, WarehouseUnusable
from collector.warehouse.bigquery.schema import Shape, added, merge, new_table, shape_of
from collector.warehouse.bigquery.service import Change, Service
from collector.warehouse.known_tables import KnownTables


@dataclass(frozen=True)
class PreparedTable:
    """A table that is there and has columns for reports."""

    columns: tuple[SchemaField, ...]

    missing_columns: tuple[str, ...]
    """What reports hold and it has no column for. These credentials may not add any."""

    location: str | None
    """Where it is, and the jobs that fill it."""


def prepare_table(service: Service, known: KnownTables) -> PreparedTable:
    """Return the table, made or with columns added where that is needed and allowed.

    A table that was deleted is never made anew: whoever deleted it had a reason, or should know.
    Raises `WarehouseUnavailable` or `WarehouseUnusable`.
    """
    table = service.find_table()
    if table is None:
        table = _make(service, known)
    known.add(service.address)
    if table.table_type != "TABLE":
        raise WarehouseUnusable(f"{service.address} is a {table.table_type.lower()}, not a table")
    missing = _add_columns(service, table)
    return PreparedTable(tuple(table.schema), missing, table.location)


def has_shape(service: Service, shape: Shape) -> bool:
    """Return whether the table's columns have this shape now. Raises `WarehouseUnavailable`."""
    return shape_of(require_table(service).schema) == shape


def require_table(service: Service) -> Table:
    """Return what the table is. Raises `WarehouseUnavailable`, also where there is none."""
    table = service.find_table()
    if table is None:
        raise _deleted(service)
    return table


def _make(service: Service, known: KnownTables) -> Table:
    if service.address in known:
        raise _deleted(service)
    service.create_table(new_table(str(service.address)))
    table = service.find_table()
    if table is None:
        raise WarehouseUnavailable(f"BigQuery table {service.address}: it is being made")
    return table


def _add_columns(service: Service, table: Table) -> tuple[str, ...]:
    """Add what is missing; return what is missing still."""
    merged = merge(table.schema, table_id=str(service.address))
    if merged == list(table.schema):
        return ()
    before = table.schema
    table.schema = merged
    if service.change_table(table, ["schema"]) is Change.MADE:
        return ()
    table.schema = before
    return added(before, merged)


def _deleted(service: Service) -> WarehouseUnavailable:
    return WarehouseUnavailable(
        f"BigQuery table {service.address}: it was deleted, and is not made anew; restore it, or "
        "make an empty one of that name"
    )
