"""A DuckDB file that no collector has open, to read only."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from collector.records import SpooledReport
from collector.warehouse.abilities import Format
from collector.warehouse.duckdb_file import opened_for_reading
from collector.warehouse.duckdb_reading import count_reports, export_reports, reports_from


class DuckDBReader:
    """The reports of a file. Methods raise `WarehouseUnavailable` or `WarehouseUnusable`.

    The file is open only while something is read from it.
    """

    def __init__(self, path: Path) -> None:
        self._path: Final = path

    def count(self) -> int:
        """Return how many reports the file holds."""
        with opened_for_reading(self._path) as connection:
            return count_reports(connection)

    def export(self, form: Format, write: Callable[[bytes], None]) -> int:
        """Pass all reports to `write`, piece by piece, and return how many there were."""
        with opened_for_reading(self._path) as connection:
            return export_reports(connection, form, write)

    def reports_from(self, position: int) -> Iterator[SpooledReport]:
        """Return the reports from a position on (their `row_id`), in order of position."""
        with opened_for_reading(self._path) as connection:
            yield from reports_from(connection, position)
