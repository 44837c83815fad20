"""Behaviour of `collector.warehouse.parquet.folder`: names of days and files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.records import Batch, SpooledReport
from collector.warehouse.parquet.folder import (
    FileName,
    day_name,
    merged_name,
    name_of,
    parse_day,
    parse_file,
)

ROWS = st.integers(1, 2**63 - 1)


@given(ROWS, ROWS, st.sampled_from(["", "0123abcd"]))
def test_a_name_says_what_it_was_made_of(first: int, last: int, generation: str) -> None:
    """Spool, rows and generation are read back from the name."""
    name = FileName("0af", first, last, generation)
    assert parse_file(str(name)) == name


@given(st.integers(0, 2_000_000))
def test_a_day_is_read_back(day: int) -> None:
    """Days are named so that the order of names is that of days."""
    assert parse_day(day_name(day)) == day
    assert day_name(day) < day_name(day + 1)


@pytest.mark.parametrize(
    "name", ["", "x.parquet", "s-1.parquet", "s-1-2.parquet.tmp", "s-1-2-xyz.parquet", "s-a-2"]
)
def test_another_file_is_not_ours(name: str) -> None:
    """Only names of the grammar are those of reports."""
    assert parse_file(name) is None


@pytest.mark.parametrize("name", ["", "2026", "2026-13-01", "2026-02-30", ".staging", "lost+found"])
def test_another_folder_is_no_day(name: str) -> None:
    """Only a date of the calendar is a day."""
    assert parse_day(name) is None


def test_the_name_of_a_batch_is_its_rows() -> None:
    """The first and the last row, whatever is missing between them."""
    reports = tuple(SpooledReport(each, "k", 0, b"{}") for each in (3, 4, 9))
    assert str(name_of(Batch("s", reports))) == "s-3-9.parquet"


def test_a_merged_file_covers_all_rows() -> None:
    """Its name gives the watermark that its parts gave, and is its own."""
    parts = [FileName("s", 5, 9), FileName("s", 1, 4, "aaaaaaaa")]
    assert merged_name(parts, generation="00000001") == FileName("s", 1, 9, "00000001")
