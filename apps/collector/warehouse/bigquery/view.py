"""The view in which each report is once."""

from typing import Final

from collector.warehouse.bigquery import BigQueryTable
from collector.warehouse.bigquery.service import Service

# One collector loads a report once. A client that posts it again to another replica makes two rows
# of it, which the key tells, unless midnight was between. So do the rows that a spool loads again
# which was restored from an older copy. A window by day lets a query for some days read only those
# partitions.
# Rows of the original have no key: each of them is a report of its own.
_EACH_ONCE: Final = """
SELECT *
FROM `{table}`
WHERE TRUE
QUALIFY
  reportKey IS NULL
  OR ROW_NUMBER() OVER (
    PARTITION BY DATE(receivedAt), reportKey
    ORDER BY receivedAt
  ) = 1
""".strip()
_VIEW: Final = """
CREATE OR REPLACE VIEW `{view}`
OPTIONS (description = "Each report once: {table} may hold one more than once.")
AS
{each_once}
""".strip()


def create_view(service: Service) -> None:
    """Make the view beside the table, or make it anew. Raises `WarehouseUnavailable`."""
    service.run(view_sql(service.address))


def view_sql(address: BigQueryTable) -> str:
    """Return the statement that makes the view, or makes it anew.

    A view has the columns that its table had when it was made (`*` is resolved then), so it is to
    be made anew when columns are added.
    """
    return _VIEW.format(view=address.view, table=address, each_once=each_once_sql(address))


def each_once_sql(address: BigQueryTable) -> str:
    """Return the query that the view is: each report once."""
    return _EACH_ONCE.format(table=address)
