"""The BigQuery tables that a data directory has seen.

A table that was there and is gone was deleted by somebody, and is not made anew.
"""

import os
from pathlib import Path
from typing import Final

from collector.disk.errors import reason_of
from collector.errors import WarehouseUnavailable

KNOWN_TABLES_FILE: Final = "bigquery-tables"


class KnownTables:
    """A text file, one table a line."""

    def __init__(self, path: Path) -> None:
        self._path: Final = path

    def __contains__(self, table: object) -> bool:
        try:
            return str(table) in self._path.read_text("utf-8").splitlines()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise WarehouseUnavailable(
                f"{self._path} cannot be read: {reason_of(error)}"
            ) from error

    def add(self, table: object) -> None:
        """Add `table`; on return it is on disk. Raises `WarehouseUnavailable`."""
        if table in self:
            return
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(f"{table}\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise WarehouseUnavailable(
                f"{self._path} cannot be written: {reason_of(error)}"
            ) from error
