"""What several commands do to get at the reports of a data directory."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from collector.errors import CommandFailed
from collector.settings import WarehouseSettings
from collector.warehouse import Warehouse
from collector.warehouse.abilities import Forgets, Forgotten
from collector.warehouse.catalogue import DatabaseAddress, ParquetFolder
from collector.warehouse.opening import opener_of
from collector.warehouse.parquet.folder import Folder
from collector.warehouse.parquet.warehouse import ForgettingFolder
from command_line.flags import switch


class ReadSettings(WarehouseSettings, frozen=True, kw_only=True):
    """What a command takes that reads a folder of Parquet files."""

    skip_damaged: bool = switch(
        has_variable=False, help="Go on without files that are damaged; they are named."
    )


def existing_folder(settings: WarehouseSettings) -> Folder:
    """Return the folder of reports that `settings` name.

    Raises `CommandFailed` for another kind of warehouse, and where there is no folder.
    """
    address = settings.warehouse
    if not isinstance(address, ParquetFolder):
        raise CommandFailed(
            "only a folder of Parquet files is read by this command; ask the other one itself"
        )
    if not address.path.is_dir():
        raise CommandFailed(f"there is no folder of reports {address.path}")
    return Folder(address.path)


class Forgetting(Protocol):
    """What a cluster can be forgotten in."""

    def forget(self, cluster_id: str) -> Forgotten:
        """Delete the reports of a cluster. Raises `WarehouseUnavailable`."""

    def close(self) -> None:
        """Give back what it holds."""


class _OutOfReach:
    """A warehouse that only takes."""

    def forget(self, cluster_id: str) -> Forgotten:
        del cluster_id
        return Forgotten(0, "What this warehouse took is out of the collector's hands.")

    def close(self) -> None:
        pass


def open_to_forget(settings: WarehouseSettings) -> Forgetting:
    """Open the warehouse that `settings` name to forget a cluster in it.

    Raises `WarehouseUnavailable` or `WarehouseUnusable`.
    """
    address = settings.warehouse
    if isinstance(address, ParquetFolder):
        return ForgettingFolder(address.path)
    warehouse = open_warehouse(address, data_dir=settings.data_dir)
    if isinstance(warehouse, Forgets):
        return _Forgetting(warehouse, warehouse)
    warehouse.close()
    return _OutOfReach()


@dataclass(frozen=True)
class _Forgetting:
    warehouse: Warehouse
    able: Forgets

    def forget(self, cluster_id: str) -> Forgotten:
        return self.able.forget(cluster_id)

    def close(self) -> None:
        self.warehouse.close()


def open_warehouse(address: DatabaseAddress, *, data_dir: Path) -> Warehouse:
    """Open the warehouse at `address`. Raises `WarehouseUnavailable` or `WarehouseUnusable`."""
    return opener_of(address, data_dir=data_dir, environment=os.environ)()
