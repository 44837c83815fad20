"""Databases that reports end up in: what each has to do, and how they are named.

Which ones exist stands in `catalogue`, and `opening` opens them. The two are apart because the
process that serves HTTP checks an address without loading any database's library.
"""

from collections.abc import Callable
from typing import Protocol, TypeAlias

from collector.records import Batch, Watermark


class Warehouse(Protocol):
    """A place that keeps reports. One process uses it, from one thread."""

    def position(self, spool_id: str) -> Watermark | None:
        """Return how far that spool's rows are in the database, or None where it cannot tell.

        None is right for a database that keeps no position, and for one that never saw this
        spool. Rows up to the position are not written again.
        Raises `WarehouseUnavailable`.
        """

    def write(self, batch: Batch) -> None:
        """Write `batch`; on return it is as durable as the database makes anything.

        A database that keeps a position stores it in the same transaction. Others may get a batch
        again after a failure, and each report carries its key so that it can be known.
        Raises `WarehouseUnavailable`, after which the database is closed and opened anew; whether
        the batch was written then shows in its position.
        """

    def close(self) -> None:
        """Give back what the database holds."""


OpenWarehouse: TypeAlias = Callable[[], Warehouse]
"""Opens the database. Raises `WarehouseUnavailable` or `WarehouseUnusable`."""
