"""What is done to a BigQuery table beside filling it: counting, forgetting, letting reports go."""

from typing import Final

from google.cloud.bigquery import Table

from collector.errors import WarehouseUnavailable
from collector.warehouse import Forgotten
from collector.warehouse.bigquery.schema import RECEIVED_AT
from collector.warehouse.bigquery.service import Change, Service
from collector.warehouse.bigquery.table import require_table
from collector.warehouse.bigquery.view import each_once_sql

_DAY_SECONDS: Final = 24 * 3_600
_DAY_MILLISECONDS: Final = _DAY_SECONDS * 1_000

# No name but the table's is put into the text, and that one is checked when it is parsed.
_COUNT: Final = "SELECT COUNT(*) FROM ({each_once})"
_DELETE_CLUSTER: Final = "DELETE FROM `{table}` WHERE clusterID = @cluster"
_DELETE_OLD: Final = "DELETE FROM `{table}` WHERE receivedAt < TIMESTAMP_SECONDS(@oldest)"

# https://cloud.google.com/bigquery/docs/time-travel
REMAINS: Final = (
    "BigQuery itself keeps what was deleted for its time travel, 2 to 7 days as the dataset says,"
    " and for 7 days more in its fail-safe storage, where only Google can reach it"
)


def count_reports(service: Service) -> int:
    """Return how many reports the table holds, each counted once. Raises `WarehouseUnavailable`."""
    counted = service.run(_COUNT.format(each_once=each_once_sql(service.address)))
    return int(str(counted.rows[0][0]))


def forget_cluster(service: Service, cluster_id: str) -> Forgotten:
    """Delete the reports of a cluster. Raises `WarehouseUnavailable`."""
    statement = _DELETE_CLUSTER.format(table=service.address)
    return Forgotten(service.run(statement, {"cluster": cluster_id}).changed, REMAINS)


def expire_reports(service: Service, *, days: int, now: float) -> int:
    """See that reports received more than `days` days before `now` (UNIX seconds) go.

    A table that is partitioned by the day of receipt is told to let its partitions expire;
    from another, such as the original's, they are deleted now. Returns how many were.
    Raises `WarehouseUnavailable`.
    """
    table = require_table(service)
    if _is_partitioned(table):
        _expire_partitions(service, table, days * _DAY_MILLISECONDS)
        return 0
    oldest = int(now) - days * _DAY_SECONDS
    return service.run(_DELETE_OLD.format(table=service.address), {"oldest": oldest}).changed


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
