"""Addresses of BigQuery tables and of other collectors."""

import pytest

from collector.errors import InvalidWarehouseAddress
from collector.warehouse.bigquery import BigQueryTable
from collector.warehouse.relay import OtherCollector


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
        "ftp://host",
        "https://host:port",
        "https://user:secret@host",
        "https://host/?query",
        "https://host/#fragment",
        "https://ho st",
        "https://host\n",
    ],
)
def test_other_texts_name_no_collector(text: str) -> None:
    """A text that is no plain URL is refused without being repeated: it may hold a password."""
    with pytest.raises(InvalidWarehouseAddress) as refusal:
        OtherCollector.parse(text)
    assert "secret" not in str(refusal.value)
