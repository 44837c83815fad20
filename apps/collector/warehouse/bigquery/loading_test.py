"""Rows as a file that BigQuery loads, and Parquet files as `copy` sends them."""

import json
from collections import Counter
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from collector.errors import CommandFailed, WarehouseUnavailable
from collector.records import SpooledReport
from collector.warehouse.bigquery.loading import encode_rows
from collector.warehouse.bigquery.testing import ORIGINAL_COLUMNS, TABLE_ID, opened
from collector.warehouse.testing import WORKLOADS, some_reports, spooled
from tools.bigquery.faults import UNAVAILABLE, JobError, Reset, first, no_faults
from tools.bigquery.messages import JSONObject
from tools.bigquery.server import FakeBigQuery, running_bigquery
from tools.bigquery.service import Behaviour

NAME = "copy-0123456789abcdef"
INSERT = "jobs.insert"


def _write(path: Path, *lines: bytes) -> Path:
    """Make a Parquet file of reports, with the hour of receipt in a column of its own."""
    source = path.with_suffix(".jsonl")
    source.write_bytes(b"\n".join(lines))
    select = f"""
        SELECT *, make_timestamp(timestamp::BIGINT * 1000000)::TIMESTAMPTZ AS "receivedAt"
        FROM read_json('{source}', format = 'newline_delimited')
    """  # noqa: S608 - a path of the test's own
    with closing(duckdb.connect()) as connection:
        connection.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
    return path


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    """A file of three reports."""
    reports = [spooled(number, workloads=WORKLOADS) for number in (1, 2, 3)]
    return _write(tmp_path / "reports.parquet", *(each.encoded for each in reports))


def _load(fake: FakeBigQuery, path: Path) -> None:
    with opened(fake.url, path.parent) as warehouse:
        warehouse.load_parquet(path, NAME)


def _clusters(fake: FakeBigQuery) -> Counter[str]:
    return Counter(str(row["clusterID"]) for row in fake.table(TABLE_ID).rows)


THREE = Counter(["cluster-1", "cluster-2", "cluster-3"])


def test_a_file_is_loaded_whole(parquet: Path) -> None:
    """The rows of a file are in the table, lists and all, and need no key."""
    with running_bigquery() as fake:
        _load(fake, parquet)
        assert _clusters(fake) == THREE
        row = fake.table(TABLE_ID).rows[0]
    assert row["nodes"] == [{"id": "0" * 32, "capacity": [{"resource": "cpu", "value": "4"}]}]
    assert row["workloads"] == WORKLOADS
    assert str(row["receivedAt"]).startswith("2026-11-23 07:00:00")
    assert "reportKey" not in row


@pytest.mark.parametrize("fault", [Reset(applied=True), Reset(), UNAVAILABLE])
def test_a_copy_that_broke_off_goes_on(parquet: Path, fault: Reset) -> None:
    """Loaded again after a failure, and once more, a file is in the table once."""
    with running_bigquery(script=first(1, fault, method=INSERT)) as fake:
        with pytest.raises(WarehouseUnavailable):
            _load(fake, parquet)
        _load(fake, parquet)
        _load(fake, parquet)
        assert _clusters(fake) == THREE
        assert len(fake.service.jobs) == 1


def test_a_failed_job_is_no_obstacle(parquet: Path) -> None:
    """Where the jobs of a file failed, the next one gets another ID, with nothing kept of them."""
    with running_bigquery() as fake:
        fake.script = first(2, JobError(reason="backendError"))
        for _ in range(2):
            with pytest.raises(WarehouseUnavailable, match=r"reports\.parquet: .*backendError"):
                _load(fake, parquet)
        fake.script = no_faults
        _load(fake, parquet)
        assert _clusters(fake) == THREE
        assert len(fake.service.jobs) == 3


def test_a_row_that_does_not_fit_refuses_the_file(tmp_path: Path) -> None:
    """A file with a row that the table cannot take is named, and none of it is loaded."""
    path = _write(tmp_path / "bad.parquet", b'{"version":"v","timestamp":"0"}')
    with running_bigquery() as fake:
        with pytest.raises(CommandFailed, match=r"refuses .*bad\.parquet"):
            _load(fake, path)
        assert fake.table(TABLE_ID).rows == []


def test_a_table_that_lacks_columns_takes_the_others(parquet: Path) -> None:
    """What the original's table has no column for is left out where none may be added."""
    columns: JSONObject = {"fields": [*ORIGINAL_COLUMNS]}
    behaviour = Behaviour(forbidden=frozenset({"tables.patch"}))
    with running_bigquery(behaviour=behaviour) as fake:
        fake.service.add(TABLE_ID, {"schema": columns})
        _load(fake, parquet)
        assert _clusters(fake) == THREE
        assert "workloads" not in fake.table(TABLE_ID).rows[0]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A file that is gone is an error of the command, and nothing was submitted for it."""
    with running_bigquery() as fake:
        with pytest.raises(CommandFailed, match=r"gone\.parquet cannot be read"):
            _load(fake, tmp_path / "gone.parquet")
        assert fake.service.jobs == {}


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
