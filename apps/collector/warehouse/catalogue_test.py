"""Behaviour of `collector.warehouse.catalogue`."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.errors import InvalidDatabaseAddress
from collector.warehouse.catalogue import (
    KINDS,
    ParquetFolder,
    Stdout,
    format_parquet,
    parse_address,
)

NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1)


def test_stdout_is_a_database() -> None:
    """The word alone names standard output."""
    assert parse_address("stdout") == Stdout()


@given(name=NAMES.filter(lambda name: name not in {".", ".."}))
def test_an_address_names_the_folder_it_was_made_from(name: str) -> None:
    """Any absolute path survives being written as an address."""
    path = Path("/data") / name
    assert parse_address(format_parquet(path)) == ParquetFolder(path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "STDOUT",
        "/data/reports",
        "parquet:reports",
        "parquet://reports",
        "parquet:///",
        "parquet:///data/x?read_only=1",
        "mysql://host/x",
    ],
)
def test_another_text_is_refused(text: str) -> None:
    """What names no database is refused, with the forms that do."""
    with pytest.raises(InvalidDatabaseAddress, match="parquet:///"):
        parse_address(text)


def test_a_duckdb_file_is_answered_with_what_to_use() -> None:
    """An address of the time before says what took its place."""
    with pytest.raises(InvalidDatabaseAddress, match="use parquet:///DIR, or leave --database out"):
        parse_address("duckdb:///data/reports.duckdb")


def test_each_kind_has_a_form_and_a_description() -> None:
    """`--print-databases` has something to say about each."""
    assert all(kind.form and kind.description for kind in KINDS)
