"""The table of reports: making sure that it is there, its view, and letting reports go."""

from dataclasses import dataclass
from typing import Final

from google.cloud.bigquery import SchemaField, Table

from collector.errors import WarehouseUnavailable, WarehouseUnusable
from collector.records import DAY_SECONDS
from collector.warehouse import Forgotten
from collector.warehouse.bigquery import BigQueryTable
from collector.warehouse.bigquery.schema import (
    RECEIVED_AT,
    Shape,
    added,
    merge,
    new_table,
    shape_of,
)
from collector.warehouse.bigquery.service import Change, Service
from collector.warehouse.bigquery.state import KnownTables

_DAY_MILLISECONDS: Final = DAY_SECONDS * 1_000
_REMEDY: Final = "restore it, or make an empty one of that name"

# No name but the table's is put into the text, and that one is checked when it is parsed.
_COUNT: Final = "SELECT COUNT(*) FROM ({each_once})"
_DELETE_CLUSTER: Final = "DELETE FROM `{table}` WHERE clusterID = @cluster"
_DELETE_OLD: Final = "DELETE FROM `{table}` WHERE receivedAt < TIMESTAMP_SECONDS(@oldest)"

# https://cloud.google.com/bigquery/docs/time-travel
REMAINS: Final = (
    "BigQuery itself keeps what was deleted for its time travel, 2 to 7 days as the dataset says,"
    " and for 7 days more in its fail-safe storage, where only Google can reach it"
)

# One collector loads a report once. A client that posts it again to another replica makes two rows
# of it, and so does a spool that was restored from an older copy: they have the same key, and the
# same day unless midnight was between. A window by day lets a query for some days read only those
# partitions. Rows of the original have no key: each of them is a report of its own.
# Their clusters part them, or all of them would have to fit into the memory of one machine.
_EACH_ONCE: Final = """
SELECT {columns}
FROM `{table}`
WHERE {condition}
QUALIFY
  reportKey IS NULL
  OR ROW_NUMBER() OVER (
    PARTITION BY DATE(receivedAt), reportKey, IF(reportKey IS NULL, clusterID, NULL)
    ORDER BY receivedAt
  ) = 1
""".strip()
_VIEW: Final = """
CREATE OR REPLACE VIEW `{view}`
OPTIONS (description = "Each report once: {table} may hold one more than once.")
AS
{each_once}
""".strip()


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

    A table that was deleted is never made again: whoever deleted it had a reason, or should know.
    Raises `WarehouseUnavailable` or `WarehouseUnusable`.
    """
    table = find_or_make(service, known, new_table(str(service.address)))
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


def missing_columns(service: Service) -> tuple[str, ...]:
    """Return the columns of reports that the table lacks now.

    Raises `WarehouseUnavailable`, also where there is no table, and `WarehouseUnusable`.
    """
    table = service.find_table()
    if table is None:
        raise WarehouseUnavailable(f"BigQuery table {service.address}: it is missing")
    return added(table.schema, merge(table.schema, table_id=str(service.address)))


def create_view(service: Service) -> None:
    """Make the view beside the table in which each report is once, or replace it.

    A view has the columns that its table had when it was made (`*` is resolved then), so it has to
    be replaced when columns are added. Raises `WarehouseUnavailable`.
    """
    table = service.address
    service.run(_VIEW.format(view=table.view, table=table, each_once=each_once(table)))


def each_once(table: BigQueryTable, *, columns: str = "*", condition: str = "TRUE") -> str:
    """Return SQL for the reports that a condition is true of, each once; both are SQL."""
    return _EACH_ONCE.format(table=table, columns=columns, condition=condition)


def count_reports(service: Service) -> int:
    """Return how many reports the table holds, each counted once. Raises `WarehouseUnavailable`."""
    counted = service.run(_COUNT.format(each_once=each_once(service.address)))
    return int(str(counted.rows[0][0]))


def forget_cluster(service: Service, cluster_id: str) -> Forgotten:
    """Delete the reports of a cluster. Raises `WarehouseUnavailable`."""
    statement = _DELETE_CLUSTER.format(table=service.address)
    return Forgotten(service.run(statement, {"cluster": cluster_id}).changed, REMAINS)


def expire_reports(service: Service, *, days: int, now: float) -> int:
    """See that reports received more than `days` days before `now` (UNIX seconds) go.

    A table that is partitioned by the day of receipt gets an expiry for its partitions;
    from another, such as the original's, they are deleted now. Returns how many were.
    Raises `WarehouseUnavailable`.
    """
    table = require_table(service)
    if _is_partitioned(table):
        _expire_partitions(service, table, days * _DAY_MILLISECONDS)
        return 0
    oldest = int(now) - days * DAY_SECONDS
    return service.run(_DELETE_OLD.format(table=service.address), {"oldest": oldest}).changed


def find_or_make(
    service: Service, known: KnownTables, new: Table, *, remedy: str = _REMEDY
) -> Table:
    """Return the table, made as `new` where it is missing and was never known.

    Raises `WarehouseUnavailable`; `remedy` says what to do about a table that was deleted.
    """
    table = service.find_table()
    if table is None and service.address in known:
        raise _deleted(service, remedy)
    if table is None:
        service.create_table(new)
        table = service.find_table()
    if table is None:
        raise WarehouseUnavailable(f"BigQuery table {service.address}: it is being made")
    known.add(service.address)
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


def _deleted(service: Service, remedy: str = _REMEDY) -> WarehouseUnavailable:
    return WarehouseUnavailable(
        f"BigQuery table {service.address}: it was deleted, and is not made again; {remedy}"
    )


def _expire_partitions(service: Service, table: Table, milliseconds: int) -> None:
    partitioning = table.time_partitioning
    if partitioning.expiration_ms == milliseconds:
        return
    partitioning.expiration_ms = milliseconds
    table.time_partitioning = partitioning
    if service.change_table(table, ["time_partitioning"]) is Change.FORBIDDEN:
        raise WarehouseUnavailable(
            f"BigQuery table {service.address}: these credentials may not change it, and so not"
            " set how long reports are kept"
        )


def _is_partitioned(table: Table) -> bool:
    partitioning = table.time_partitioning
    return partitioning is not None and partitioning.field == RECEIVED_AT.name
