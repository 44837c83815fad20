"""Reports as lines that BigQuery loads."""

import json

from collector.records import SpooledReport
from collector.warehouse.bigquery.rows import encode_rows
from collector.warehouse.bigquery.testing import some_reports


def test_a_row_is_the_report_with_its_key_and_hour() -> None:
    """A row holds the report's own bytes, in whatever script, and the two added columns."""
    encoded = '{"version":"v","clusterID":"süß 中\\n"}'.encode()
    file = encode_rows([SpooledReport(7, "0a" * 16, 1_795_417_200, encoded)])
    assert file.content.count(b"\n") == 1
    assert "süß 中".encode() in file.content
    assert json.loads(file.content) == {
        "version": "v",
        "clusterID": "süß 中\n",
        "reportKey": "0a" * 16,
        "receivedAt": "2026-11-23T07:00:00Z",
    }


def test_a_row_is_found_by_any_of_its_bytes() -> None:
    """The first and the last byte of each row lead to it, and no byte outside leads to any."""
    file = encode_rows(some_reports(3))
    ends = [*file.starts[1:], len(file.content)]
    for row, (start, end) in enumerate(zip(file.starts, ends, strict=True)):
        assert file.row_at(start) == file.row_at(end - 1) == row
    assert file.row_at(-1) is None
    assert file.row_at(len(file.content)) is None


def test_there_may_be_one_row() -> None:
    """A single row begins at the first byte."""
    assert encode_rows(some_reports(1)).starts == (0,)
