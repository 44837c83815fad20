"""Making sure that there is a table that takes reports."""

from dataclasses import dataclass

from google.cloud.bigquery import Table

from collector.errors import WarehouseUnavailable, WarehouseUnusable
from collector.warehouse.bigquery.retrying import AT_OPENING, Persistence
from collector.warehouse.bigquery.schema import REPORT_KEY, added, merge, new_table
from collector.warehouse.bigquery.service import Change, Service
from collector.warehouse.known_tables import KnownTables


@dataclass(frozen=True)
class PreparedTable:
    """A table that is there and has columns for reports."""

    table: Table

    missing_columns: tuple[str, ...]
    """What reports hold and it has no column for. These credentials may not add any."""

    is_empty: bool
    """Whether no row can be read. BigQuery may not deliver rows to it yet, see `prepare_table`."""

    @property
    def has_keys(self) -> bool:
        """Whether it has the column of report keys."""
        return any(field.name == REPORT_KEY.name for field in self.table.schema)


def prepare_table(service: Service, known: KnownTables) -> PreparedTable:
    """Return the table, made or with columns added where that is needed and allowed.

    A table that was deleted is never made anew: whoever deleted it had a reason, or should know.
    For some minutes BigQuery may deliver rows that are meant for a table that was just made to an
    older one of that name, without any error; so an empty one has yet to prove itself.
    Raises `WarehouseUnavailable` or `WarehouseUnusable`.
    """
    table = service.find_table(AT_OPENING)
    if table is None:
        table = _make(service, known)
    known.add(service.address)
    if table.table_type != "TABLE":
        raise WarehouseUnusable(f"{service.address} is a {table.table_type.lower()}, not a table")
    missing = _add_columns(service, table)
    return PreparedTable(table, missing, not service.has_rows(table, AT_OPENING))


def check_columns(service: Service, persistence: Persistence) -> None:
    """Make sure that the table is still one that takes reports, before any is given up.

    Raises `WarehouseUnavailable` or `WarehouseUnusable`.
    """
    table = require_table(service, persistence)
    merge(table.schema, table_id=str(service.address))


def require_table(service: Service, persistence: Persistence) -> Table:
    """Return what the table is. Raises `WarehouseUnavailable`, also where there is none."""
    table = service.find_table(persistence)
    if table is None:
        raise _deleted(service)
    return table


def _make(service: Service, known: KnownTables) -> Table:
    if service.address in known:
        raise _deleted(service)
    service.create_table(new_table(str(service.address)), AT_OPENING)
    table = service.find_table(AT_OPENING)
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
    if service.change_table(table, ["schema"], AT_OPENING) is Change.MADE:
        return ()
    table.schema = before
    return added(before, merged)


def _deleted(service: Service) -> WarehouseUnavailable:
    return WarehouseUnavailable(
        f"BigQuery table {service.address}: it was deleted, and is not made anew; restore it, or "
        "make an empty one of that name"
    )
