"""Lends the database that the drain has open, because DuckDB lets no other process open it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from collector.errors import WarehouseUnavailable
from collector.records import Batch, RowRange, Watermark
from collector.warehouse import BatchLimits, OpenWarehouse, Warehouse


class SharedDatabase:
    """Opens a database for its one writer, and lends it to other threads meanwhile.

    Borrowers use what stands in `collector.warehouse.abilities`, and look at `is_recalled` now
    and then: the writer's `close` waits for them.
    """

    def __init__(self, open_database: OpenWarehouse) -> None:
        self._open_database: Final = open_database
        self._changed: Final = threading.Condition()
        self._database: Warehouse | None = None
        self._borrowers = 0

    def open(self) -> Warehouse:
        """Open the database. Raises `WarehouseUnavailable` or `WarehouseUnusable`."""
        database = self._open_database()
        with self._changed:
            self._database = database
        return _Owned(database, recall=self._recall)

    @property
    def is_recalled(self) -> bool:
        """Whether the writer wants to close what was lent."""
        return self._database is None

    @contextmanager
    def borrowed(self) -> Iterator[Warehouse]:
        """Borrow the database that is open. Raises `WarehouseUnavailable` while none is."""
        with self._changed:
            if self._database is None:
                raise WarehouseUnavailable(
                    "the database is not open at the moment; try again later"
                )
            database = self._database
            self._borrowers += 1
        try:
            yield database
        finally:
            with self._changed:
                self._borrowers -= 1
                self._changed.notify_all()

    def _recall(self) -> None:
        with self._changed:
            self._database = None
            self._changed.wait_for(lambda: self._borrowers == 0)


class _Owned:
    """The writer's own view of the database: closing it waits for the borrowers."""

    def __init__(self, database: Warehouse, *, recall: Callable[[], None]) -> None:
        self._database: Final = database
        self._recall: Final = recall

    @property
    def limits(self) -> BatchLimits:
        return self._database.limits

    def begun(self, spool_id: str) -> RowRange | None:
        return self._database.begun(spool_id)

    def position(self, spool_id: str) -> Watermark | None:
        return self._database.position(spool_id)

    def write(self, batch: Batch) -> None:
        self._database.write(batch)

    def close(self) -> None:
        self._recall()
        self._database.close()
