"""Behaviour of `collector sql`, as a process."""

import json
from pathlib import Path

import pytest

from collector.testing import leave_drained, run_collector


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("data")
    leave_drained(directory, "one", "two", "two")
    return directory


def test_an_answer_has_the_form_that_was_asked_for(data_dir: Path) -> None:
    """A table for people, CSV, lines of JSON, Parquet; the query from either place."""
    query = 'SELECT "clusterID" AS id, count(*) AS n FROM reports GROUP BY id ORDER BY id'
    where = ("--data-dir", str(data_dir))
    table = run_collector("sql", query, *where)
    assert "│ two" in table.stdout.decode()
    csv = run_collector("sql", "--format", "csv", *where, stdin=query.encode())
    assert csv.stdout == b"id,n\none,1\ntwo,2\n"
    lines = run_collector("sql", query, "--format", "json", *where).stdout.splitlines()
    assert list(map(json.loads, lines)) == [{"id": "one", "n": 1}, {"id": "two", "n": 2}]
    assert run_collector("sql", query, "--format", "parquet", *where).stdout[:4] == b"PAR1"


@pytest.mark.parametrize(
    "query",
    [
        "COPY (SELECT 1) TO '{out}'",
        "COPY reports TO '{out}' (FORMAT csv, USE_TMP_FILE false)",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO '{out}'",
        "CREATE TABLE x AS SELECT 1",
        "ATTACH '{out}'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "PRAGMA database_list",
        "SELECT 1; SELECT 2",
        "EXPORT DATABASE '{out}'",
        "SELECT 1) TO '{out}' --",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM 'https://example.com/x.parquet'",
        "SELECT nothing FROM reports",
        "this is not SQL",
        "",
    ],
)
def test_what_is_no_query_of_the_reports_is_one_line(
    data_dir: Path, tmp_path: Path, query: str
) -> None:
    """Nothing else is written, read or changed; the line says why."""
    out = tmp_path / "out"
    text = query.format(out=out)
    outcome = run_collector("sql", "--data-dir", str(data_dir), stdin=text.encode())
    assert outcome.returncode == 1
    assert outcome.stdout == b""
    assert outcome.stderr.count(b"\n") == 1
    assert outcome.stderr.startswith(b"collector: ")
    assert not out.exists()


def test_without_reports_there_are_columns(tmp_path: Path) -> None:
    """An empty folder is asked like a full one."""
    (tmp_path / "reports").mkdir()
    words = ("--format", "csv", "--data-dir", str(tmp_path))
    assert run_collector("sql", "SELECT count(*) AS n FROM nodes", *words).stdout == b"n\n0\n"
    assert b"clusterID" in run_collector("sql", "DESCRIBE latest", *words).stdout


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    """Also another kind of warehouse."""
    outcome = run_collector("sql", "SELECT 1", "--data-dir", str(tmp_path))
    assert (
        outcome.stderr == f"collector: there is no folder of reports {tmp_path}/reports\n".encode()
    )
    outcome = run_collector("sql", "SELECT 1", "--data-dir", str(tmp_path), "--database", "stdout")
    assert outcome.stderr.startswith(b"collector: only a folder of Parquet files is read")
