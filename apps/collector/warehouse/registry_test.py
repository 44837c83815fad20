"""Behaviour of `collector.warehouse.registry`."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.errors import InvalidWarehouseAddress
from collector.warehouse.parquet import ParquetFolder
from collector.warehouse.registry import KINDS, parse_address
from collector.warehouse.stdout import Stdout

NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1)


def test_stdout_is_a_warehouse() -> None:
    """The word alone names standard output."""
    assert parse_address("stdout") == Stdout()


@given(name=NAMES.filter(lambda name: name not in {".", ".."}))
def test_an_address_names_the_folder_it_was_made_from(name: str) -> None:
    """Any absolute path survives being written as an address."""
    path = Path("/data") / name
    assert parse_address(ParquetFolder(path).text) == ParquetFolder(path)


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
        "ftp://host",
    ],
)
def test_another_text_is_refused(text: str) -> None:
    """What names no warehouse is refused, with the forms that do."""
    with pytest.raises(InvalidWarehouseAddress, match="parquet:///"):
        parse_address(text)


def test_a_duckdb_file_is_answered_with_what_to_use() -> None:
    """An address of the time before says what took its place."""
    with pytest.raises(
        InvalidWarehouseAddress, match="use parquet:///DIR, or leave --database out"
    ):
        parse_address("duckdb:///data/reports.duckdb")


@pytest.mark.parametrize(
    "text",
    ["parquet:///data/r", "bigquery://p.d.t", "https://host:8443/base", "http://[::1]", "stdout"],
)
def test_each_kind_is_written_as_it_was_given(text: str) -> None:
    """An address names itself as the flag takes it, and is of the one kind that it says."""
    address = parse_address(text)
    assert address.text == text
    assert [kind for kind in KINDS if text.startswith(kind.prefixes)] == [type(address)]


def test_each_kind_has_a_form_and_a_description() -> None:
    """`--print-databases` has something to say about each."""
    assert all(kind.form and kind.description for kind in KINDS)
