"""Warehouses, where reports end up: what each has to do, and how they are named.

Which ones exist stands in `catalogue`, and `opening` opens them. The two are apart because the
process that serves HTTP checks an address without loading any warehouse's library.
"""

from collections.abc import Callable
from typing import Protocol, TypeAlias

from msgspec import Struct

from collector.records import Batch, RowRange, Watermark


class BatchLimits(Struct, frozen=True):
    """How large a batch is best: at most `max_reports`, no more once they have `max_bytes`.

    Bytes are those of the reports as compact JSON; one report alone may have more.
    """

    max_reports: int
    max_bytes: int


class Warehouse(Protocol):
    """A place that keeps reports. One process uses it, from one thread."""

    @property
    def limits(self) -> BatchLimits:
        """How large a batch should be."""

    def position(self, spool_id: str) -> Watermark | None:
        """Return how far that spool's rows are in the warehouse, or None where it cannot tell.

        None is right for a warehouse that keeps no position, and for one that never saw this
        spool. Rows up to the position are not written again. Raises `WarehouseUnavailable`.
        """

    def begun(self, spool_id: str) -> RowRange | None:
        """Return the rows of a batch that was begun and whose outcome is not known.

        They must be written first, as one batch, under the same identity. None where there is no
        such batch, and always for a warehouse whose writes happen whole or not at all.
        """

    def write(self, batch: Batch) -> None:
        """Write `batch`; on return it is as durable as the warehouse makes anything.

        Raises `WarehouseUnavailable`, after which the warehouse is closed and opened anew; whether
        the batch was written then shows in `position` and `begun`.
        """

    def close(self) -> None:
        """Give back what the warehouse holds."""


OpenWarehouse: TypeAlias = Callable[[], Warehouse]
"""Opens the warehouse. Raises `WarehouseUnavailable` or `WarehouseUnusable`."""
