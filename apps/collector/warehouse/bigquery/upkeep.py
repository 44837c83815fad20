"""What is done to a BigQuery table beside filling it: counting, forgetting, letting reports go.

Rows that were streamed in cannot be deleted for some time, up to 90 minutes:
https://cloud.google.com/bigquery/docs/streaming-data-into-bigquery#dataavailability
"""

from typing import Final

from google.cloud.bigquery import Table

from collector.errors import WarehouseUnavailable
from collector.warehouse.abilities import Forgotten
from collector.warehouse.bigquery.failures import RowsBuffered
from collector.warehouse.bigquery.retrying import PERSISTENCE, Persistence
from collector.warehouse.bigquery.schema import RECEIVED_AT
from collector.warehouse.bigquery.service import Change, Service
from collector.warehouse.bigquery.table import require_table
from collector.warehouse.bigquery.view import each_once_sql

_QUERY: Final = Persistence(call_seconds=60.0, retry_seconds=300.0)
_DAY_SECONDS: Final = 24 * 3_600
_DAY_MILLISECONDS: Final = _DAY_SECONDS * 1_000

# No name but the table's is put into the text, and that one is checked when it is parsed.
_COUNT: Final = "SELECT COUNT(*) FROM ({each_once})"
_COUNT_CLUSTER: Final = "SELECT COUNT(*) FROM `{table}` WHERE clusterID = @cluster"
_DELETE_CLUSTER: Final = "DELETE FROM `{table}` WHERE clusterID = @cluster"
# The hour of receipt is up to one hour before the moment of it.
DELETE_SETTLED: Final = (
    _DELETE_CLUSTER + " AND (receivedAt IS NULL"
    " OR receivedAt < TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 150 MINUTE))"
)
"""Deletes what a cluster has in a table beside what may be in the streaming buffer."""
_DELETE_OLD: Final = "DELETE FROM `{table}` WHERE receivedAt < TIMESTAMP_SECONDS(@oldest)"


def count_reports(service: Service) -> int:
    """Return how many reports the table holds, each counted once. Raises `WarehouseUnavailable`."""
    return _count(service, _COUNT.format(each_once=each_once_sql(service.address)), {})


def forget_cluster(service: Service, cluster_id: str) -> Forgotten:
    """Delete the reports of a cluster, and say what BigQuery cannot delete yet.

    Raises `WarehouseUnavailable`.
    """
    parameters = {"cluster": cluster_id}
    try:
        return Forgotten(_delete(service, _DELETE_CLUSTER, parameters))
    except RowsBuffered:
        removed = _delete_settled(service, parameters)
    left = _count(service, _COUNT_CLUSTER.format(table=service.address), parameters)
    if not left:
        return Forgotten(removed)
    return Forgotten(
        removed,
        f"{left} rows are still in BigQuery's streaming buffer, from which nothing can be deleted"
        " for up to 90 minutes; forget the cluster again after that",
    )


def expire_reports(service: Service, *, days: int, now: float) -> int:
    """See that reports received more than `days` days before `now` (UNIX seconds) go.

    A table that is partitioned by the day of receipt is told to let its partitions expire;
    from another, such as the original's, they are deleted now. Returns how many were.
    Raises `WarehouseUnavailable`.
    """
    table = require_table(service, PERSISTENCE)
    if not _is_partitioned(table):
        try:
            return _delete(service, _DELETE_OLD, {"oldest": int(now) - days * _DAY_SECONDS})
        except RowsBuffered:
            return 0  # old reports that came late from a spool: they go another day
    _expire_partitions(service, table, days * _DAY_MILLISECONDS)
    return 0


def _expire_partitions(service: Service, table: Table, milliseconds: int) -> None:
    partitioning = table.time_partitioning
    if partitioning.expiration_ms == milliseconds:
        return
    partitioning.expiration_ms = milliseconds
    table.time_partitioning = partitioning
    if service.change_table(table, ["time_partitioning"], PERSISTENCE) is Change.FORBIDDEN:
        raise WarehouseUnavailable(
            f"BigQuery table {service.address}: these credentials may not change it, and so not"
            " set how long reports are kept"
        )


def _is_partitioned(table: Table) -> bool:
    partitioning = table.time_partitioning
    return partitioning is not None and partitioning.field == RECEIVED_AT.name


def _delete_settled(service: Service, parameters: dict[str, str]) -> int:
    """Delete what was received long enough ago to have left the buffer."""
    try:
        return _delete(service, DELETE_SETTLED, parameters)
    except RowsBuffered:
        return 0  # a spool was emptied late: even old reports are in the buffer


def _delete(service: Service, sql: str, parameters: dict[str, str] | dict[str, int]) -> int:
    return service.run(sql.format(table=service.address), _QUERY, parameters).changed


def _count(service: Service, sql: str, parameters: dict[str, str]) -> int:
    return int(str(service.run(sql, _QUERY, parameters).rows[0][0]))
