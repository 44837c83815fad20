"""The list of tables that were seen."""

from pathlib import Path

import pytest

from collector.errors import WarehouseUnavailable
from collector.warehouse.bigquery import BigQueryTable
from collector.warehouse.known_tables import KnownTables

TABLE = BigQueryTable("project", "dataset", "table")


def test_a_table_that_was_seen_is_known_after_a_restart(tmp_path: Path) -> None:
    """A table that was added is known to whoever opens the file later, and others are not."""
    path = tmp_path / "tables"
    assert TABLE not in KnownTables(path)
    KnownTables(path).add(TABLE)
    KnownTables(path).add(BigQueryTable("project", "dataset", "table2"))
    KnownTables(path).add(TABLE)
    assert TABLE in KnownTables(path)
    assert BigQueryTable("project", "dataset", "tabl") not in KnownTables(path)
    assert path.read_text() == "project.dataset.table\nproject.dataset.table2\n"


def test_a_file_that_cannot_be_used_makes_the_database_unavailable(tmp_path: Path) -> None:
    """Where the file can be neither read nor written, no table is taken for an unknown one."""
    with pytest.raises(WarehouseUnavailable, match="cannot be read"):
        KnownTables(tmp_path).add(TABLE)
