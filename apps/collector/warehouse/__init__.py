"""Warehouses, where reports end up: what each has to do, and how `--database` names them.

Each kind is a package, or a module, with one subclass of `WarehouseAddress`; `registry` lists them
(docs/decisions/0025-one-module-a-warehouse.md).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self, TypeAlias

from msgspec import Struct

from collector.errors import WarehouseUnusable
from collector.records import Batch, BatchLimits, RowRange, Watermark

if TYPE_CHECKING:
    from collector.warehouse.counting import CensusStore


class Forgotten(Struct, frozen=True):
    """What is left of a cluster after it was forgotten.

    `removed` reports were deleted. `remains` says in a sentence what is still there, and for how
    long; empty where nothing is.
    """

    removed: int
    remains: str = ""
    is_incomplete: bool = False
    """Whether something could not be searched, so that the cluster may be forgotten again."""


class Warehouse(ABC):
    """A place that keeps reports. One process uses it, from one thread.

    What is not abstract is for capabilities that only some warehouses have; the default is what is
    right for one that has not. Every method raises `WarehouseUnavailable`: none waits to try
    again, the drain does.
    """

    limits: BatchLimits
    """How large a batch should be."""

    @abstractmethod
    def write(self, batch: Batch) -> None:
        """Write `batch`; on return it is as durable as the warehouse makes anything.

        After an error the warehouse is closed and opened again; whether the batch was written then
        shows in `watermark` and `pending`, or the error says how much of it was.
        """

    @abstractmethod
    def close(self) -> None:
        """Give back what the warehouse holds."""

    def watermark(self, spool_id: str) -> Watermark | None:
        """Return how far that spool's rows are in the warehouse: they are not written again.

        None where it cannot tell: because it keeps no watermark, or never saw this spool.
        """
        del spool_id
        return None

    def pending(self, spool_id: str) -> RowRange | None:
        """Return the rows of a batch that was handed over and whose outcome is not known.

        They must be written first, as one batch, under the same identity. None where there is no
        such batch, and for a warehouse whose writes happen whole or not at all.
        """
        del spool_id
        return None

    def is_submitted(self, batch: Batch) -> bool:
        """Return whether these reports were handed over already, whatever came of it."""
        del batch
        return False

    def missing_columns(self) -> tuple[str, ...]:
        """Return the columns that a table of somebody else's lacks: they are not kept."""
        return ()

    def forget(self, cluster_id: str) -> Forgotten:
        """Delete the reports of a cluster."""
        del cluster_id
        return Forgotten(0, "What this warehouse took is out of the collector's hands.")

    def expire(self, *, days: int, now: float) -> int:
        """See that reports received more than `days` days before `now` (UNIX seconds) go.

        Returns how many were deleted by this call: none where the warehouse does it by itself.
        """
        del days, now
        return 0

    def compact(self, *, now: float) -> None:
        """Put together what is complete by `now` (UNIX seconds), so that it is quicker to read."""
        del now


OpenWarehouse: TypeAlias = Callable[[], Warehouse]
"""Opens a warehouse. Raises `WarehouseUnavailable`, `WarehouseUnusable` or `FileUnusable`."""


class WarehouseAddress(ABC):
    """A warehouse as `--database` names it, checked.

    The process that serves HTTP has one too, so neither the class nor its module loads the
    warehouse's library: `open` does.
    """

    form: ClassVar[str]
    """How such an address is written, for `--print-databases`."""

    description: ClassVar[str]
    """What it names, for the same list."""

    prefixes: ClassVar[tuple[str, ...]]
    """What a text begins with that is meant as such an address."""

    keeps_watermark: ClassVar[bool] = False
    """Whether the warehouse itself knows how far a spool is in it."""

    can_count: ClassVar[bool] = False
    """Whether the reports in it can be counted, and so what they say be published."""

    @classmethod
    @abstractmethod
    def parse(cls, text: str) -> Self:
        """Return the address that `text` is. Raises `InvalidWarehouseAddress`."""

    @property
    @abstractmethod
    def text(self) -> str:
        """The address as `--database` takes it. It never holds a secret."""

    @abstractmethod
    def open(self, data_dir: Path, environment: Mapping[str, str]) -> Warehouse:
        """Open the warehouse; `data_dir` is for what it keeps beside it.

        Raises `WarehouseUnavailable`, `WarehouseUnusable` or `FileUnusable`.
        """

    def open_census(self, data_dir: Path, environment: Mapping[str, str]) -> "CensusStore":
        """Open the warehouse to count what is in it, which `can_count` says; as `open`."""
        del data_dir, environment
        raise WarehouseUnusable(f"reports in {self.text} cannot be counted")

    def forget(
        self, cluster_id: str, *, data_dir: Path, environment: Mapping[str, str]
    ) -> Forgotten:
        """Delete the reports of a cluster, also while a collector writes there; as `open`."""
        with closing(self.open(data_dir, environment)) as warehouse:
            return warehouse.forget(cluster_id)
