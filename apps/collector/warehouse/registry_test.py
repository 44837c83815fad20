"""Behaviour of `collector.warehouse.registry` and of the addresses in it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.errors import InvalidWarehouseAddress
from collector.warehouse.bigquery import BigQueryTable
from collector.warehouse.parquet import ParquetFolder
from collector.warehouse.registry import KINDS, parse_address
from collector.warehouse.relay import OtherCollector
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


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("bigquery://project.dataset.table", BigQueryTable("project", "dataset", "table")),
        ("bigquery://my-project1.d_1.T-2", BigQueryTable("my-project1", "d_1", "T-2")),
        ("bigquery://example.com:old.d.t", BigQueryTable("example.com:old", "d", "t")),
    ],
)
def test_a_table_is_named_by_project_dataset_and_table(text: str, table: BigQueryTable) -> None:
    """An address gives the project, the dataset and the table that it names."""
    assert BigQueryTable.parse(text) == table


@pytest.mark.parametrize(
    "text",
    [
        "bigquery://",
        "bigquery://project.dataset",
        "bigquery://project.dataset.",
        "bigquery://project.dataset.table.more",
        "bigquery://project.data set.table",
        "bigquery://project.dataset.ta`ble",
        "bigquery://project.dataset.table\n",
        "bigquery://project.dataset.table/path",
        "BIGQUERY://project.dataset.table",
    ],
)
def test_other_texts_name_no_table(text: str) -> None:
    """A text that is not three names, or holds what SQL would take otherwise, is refused."""
    with pytest.raises(InvalidWarehouseAddress, match=r"project\.dataset\.table"):
        BigQueryTable.parse(text)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://host", "http://host/api/v1"),
        ("https://host:8443/", "https://host:8443/api/v1"),
        ("https://host/base/path", "https://host/base/path/api/v1"),
        ("http://[::1]:8080/base/", "http://[::1]:8080/base/api/v1"),
    ],
)
def test_reports_are_posted_below_the_base_path(text: str, url: str) -> None:
    """The base path of another collector is kept, and the API's path follows it."""
    assert OtherCollector.parse(text).url == url


@pytest.mark.parametrize(
    "text",
    [
        "http://",
        "https://host:port",
        "https://host/?query",
        "https://host/#fragment",
        "https://ho st",
        "https://host\n",
    ],
)
def test_other_texts_name_no_collector(text: str) -> None:
    """A text that is not a plain URL is refused."""
    with pytest.raises(InvalidWarehouseAddress):
        OtherCollector.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://user:hunter2@host",
        "https://user:hunter2/@host",  # the port, to a parser of URLs
        "https://host\u2100hunter2",  # whose error quotes the host
        "https://host:hunter2",
        "postgresql://user:hunter2@host/db",
        "bigquery://hunter2@project.dataset.table",
        "parquet://user:hunter2@host/reports",
        "hunter2",
    ],
)
def test_no_error_repeats_the_text(text: str) -> None:
    """What was meant as an address is not repeated, because it may hold a password."""
    with pytest.raises(InvalidWarehouseAddress) as refusal:
        parse_address(text)
    assert "hunter2" not in str(refusal.value)
