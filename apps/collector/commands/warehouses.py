"""What several commands do to get at the reports of a data directory."""

from collector.errors import CommandFailed
from collector.settings import WarehouseSettings
from collector.warehouse.parquet import ParquetFolder
from collector.warehouse.parquet.folder import Folder
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
