"""The files that say which load is pending, and which tables were seen."""

import stat
from pathlib import Path

import pytest

from collector.errors import FileUnusable, WarehouseUnavailable
from collector.records import RowRange
from collector.warehouse.bigquery import BigQueryTable
from collector.warehouse.bigquery.state import (
    PENDING_LOAD_FILE,
    KnownTables,
    PendingLoadFile,
    format_job_id,
)
from collector.warehouse.bigquery.testing import TABLE
from collector.warehouse.testing import batch_of, some_reports, spooled

BATCH = batch_of(some_reports(5))


def _file(folder: Path, table: BigQueryTable = TABLE) -> PendingLoadFile:
    return PendingLoadFile(folder / PENDING_LOAD_FILE, table)


def test_there_is_none_at_first(tmp_path: Path) -> None:
    """Where nothing was noted, there is nothing to take up."""
    assert _file(tmp_path).read() is None


def test_what_was_noted_is_read_back(tmp_path: Path) -> None:
    """A load that was noted is known after a restart, with its rows and its job ID."""
    load = _file(tmp_path).note(BATCH, BATCH)
    assert _file(tmp_path).read() == load
    assert load.rows == RowRange(1, 5)
    assert BATCH.identity in load.job_id
    assert load.keys == tuple(each.report_key for each in BATCH.reports)


def test_the_same_load_goes_on_where_it_was(tmp_path: Path) -> None:
    """Noted again, a load keeps its attempt; each failure gives it another job ID."""
    first = _file(tmp_path).note(BATCH, BATCH)
    second = _file(tmp_path).note_failure(first)
    assert second.attempt == 2
    assert second.job_id != first.job_id
    assert _file(tmp_path).note(BATCH, BATCH) == second


def test_a_part_keeps_the_rows_of_its_batch(tmp_path: Path) -> None:
    """A part of a batch has a job ID of its own, and after a crash the whole batch comes again."""
    part = batch_of(BATCH.reports[2:])
    dead_letters = tuple(each.report_key for each in BATCH.reports[:2])
    load = _file(tmp_path).note(BATCH, part, dead_letters)
    assert load.rows == BATCH.rows
    assert load.dead_letters == dead_letters
    assert load.identity == part.identity


def test_loads_overlap_where_a_row_may_be_in_both(tmp_path: Path) -> None:
    """A load overlaps with batches of its spool that have one of its rows, and with no others."""
    load = _file(tmp_path).note(BATCH, BATCH)
    assert load.overlaps(batch_of([spooled(5)]))
    assert not load.overlaps(batch_of([spooled(6)]))
    assert not load.overlaps(batch_of([spooled(0)]))


def test_another_table_knows_nothing_of_it(tmp_path: Path) -> None:
    """What is pending for one table says nothing about another, and job IDs differ."""
    _file(tmp_path).note(BATCH, BATCH)
    assert _file(tmp_path, BigQueryTable("project", "dataset", "other")).read() is None
    assert format_job_id("n", "a.b.c", 1) != format_job_id("n", "a.b.d", 1)


def test_the_file_is_private_and_alone(tmp_path: Path) -> None:
    """The file is 0600, and nothing is left beside it."""
    _file(tmp_path).note(BATCH, BATCH)
    assert [each.name for each in tmp_path.iterdir()] == [PENDING_LOAD_FILE]
    assert stat.S_IMODE((tmp_path / PENDING_LOAD_FILE).stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"{}", b'{"table":', b"\xff"])
def test_a_damaged_file_is_named_with_what_helps(tmp_path: Path, content: bytes) -> None:
    """A file that does not say what is pending is refused, with path and remedy."""
    (tmp_path / PENDING_LOAD_FILE).write_bytes(content)
    with pytest.raises(FileUnusable, match=r"bigquery-load is damaged.*move it away"):
        _file(tmp_path).read()


def test_links_are_not_followed(tmp_path: Path) -> None:
    """A link where the file should be is refused, also one that leads nowhere."""
    (tmp_path / PENDING_LOAD_FILE).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileUnusable, match="is a link"):
        _file(tmp_path).read()


def test_a_folder_that_cannot_be_written_stops_the_load(tmp_path: Path) -> None:
    """Where the bounds cannot be put on disk, nothing is noted."""
    with pytest.raises((FileUnusable, WarehouseUnavailable), match=PENDING_LOAD_FILE):
        _file(tmp_path / "missing").note(BATCH, BATCH)


def test_a_table_that_was_seen_is_known_after_a_restart(tmp_path: Path) -> None:
    """A table that was added is known to whoever opens the file later, and others are not."""
    path = tmp_path / "tables"
    assert TABLE not in KnownTables(path)
    KnownTables(path).add(TABLE)
    KnownTables(path).add(BigQueryTable("project", "dataset", "reports2"))
    KnownTables(path).add(TABLE)
    assert TABLE in KnownTables(path)
    assert BigQueryTable("project", "dataset", "report") not in KnownTables(path)
    assert path.read_text() == "project.dataset.reports\nproject.dataset.reports2\n"


def test_a_file_that_cannot_be_used_makes_the_warehouse_unavailable(tmp_path: Path) -> None:
    """Where the file can be neither read nor written, no table is taken for an unknown one."""
    with pytest.raises(WarehouseUnavailable, match="cannot be read"):
        KnownTables(tmp_path).add(TABLE)
