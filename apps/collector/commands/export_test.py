"""Behaviour of `collector export`, beside a collector that runs and without one."""

import json
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from collector.testing import (
    DEADLINE_SECONDS,
    MODULES,
    RunningCollector,
    clusters_in,
    leave_drained,
    query,
    report_of,
    run_collector,
    wait_until,
)


def exported(outcome: "subprocess.CompletedProcess[bytes]") -> list[str]:
    assert outcome.returncode == 0, outcome.stderr
    return sorted(json.loads(line)["clusterID"] for line in outcome.stdout.splitlines())


def test_an_export_beside_a_running_collector(tmp_path: Path) -> None:
    """Both formats hold every report that is in the folder."""
    with RunningCollector(tmp_path) as collector:
        for cluster_id in ("one", "two", "two"):
            assert collector.post(report_of(cluster_id))[0] == 204
        wait_until(collector.has_drained)
        lines = run_collector("export", "--data-dir", str(tmp_path))
        parquet = run_collector("export", "--format", "parquet", "--data-dir", str(tmp_path))
        assert collector.stop() == 0
    assert exported(lines) == ["one", "two", "two"]
    assert lines.stderr == b"3 reports\n"
    (tmp_path / "reports.parquet").write_bytes(parquet.stdout)
    with closing(duckdb.connect()) as connection:
        rows = connection.execute(
            'SELECT "clusterID", len(nodes) FROM read_parquet(?) ORDER BY 1',
            [str(tmp_path / "reports.parquet")],
        ).fetchall()
    assert rows == [("one", 1), ("two", 1), ("two", 1)]


def test_an_export_without_a_collector(tmp_path: Path) -> None:
    """It reads the files though the collector was killed, and prints the same."""
    leave_drained(tmp_path, "one", "two")
    assert exported(run_collector("export", "--data-dir", str(tmp_path))) == ["one", "two"]
    outcome = run_collector("export", "--database", "stdout", "--data-dir", str(tmp_path))
    assert outcome.returncode == 1
    assert outcome.stderr.startswith(b"collector: only a folder of Parquet files is read")


def test_an_export_is_not_in_the_order_of_arrival(tmp_path: Path) -> None:
    """Both formats are sorted by cluster, however many files the reports came in."""
    for cluster_ids in (("z", "b"), ("m", "a")):
        leave_drained(tmp_path, *cluster_ids)
    lines = run_collector("export", "--data-dir", str(tmp_path)).stdout.splitlines()
    assert [json.loads(line)["clusterID"] for line in lines] == ["a", "b", "m", "z"]
    parquet = run_collector("export", "--format", "parquet", "--data-dir", str(tmp_path))
    (tmp_path / "reports.parquet").write_bytes(parquet.stdout)
    with closing(duckdb.connect()) as connection:
        rows = connection.read_parquet(str(tmp_path / "reports.parquet")).project('"clusterID"')
        assert rows.fetchall() == [("a",), ("b",), ("m",), ("z",)]


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_what_was_exported_can_be_imported(tmp_path: Path, form: str) -> None:
    """A backup is restored whole, once however often, with the hours of receipt that it had."""
    leave_drained(tmp_path / "a", "one", "two", "two")
    backup = run_collector("export", "--format", form, "--data-dir", str(tmp_path / "a")).stdout
    (tmp_path / "backup").write_bytes(backup)
    restore = ("import", "--data-dir", str(tmp_path / "b"))
    for words, there in (((str(tmp_path / "backup"),), b"0"), ((), b"3")):
        outcome = run_collector(*restore, *words, stdin=backup)
        assert outcome.returncode == 0, outcome.stderr
        assert outcome.stderr == b"3 reports, of which " + there + b" were there already\n"
    columns = 'FROM r ORDER BY "clusterID"'
    assert query(tmp_path / "b", columns) == query(tmp_path / "a", columns)
    other = run_collector(*restore, stdin=backup + backup)
    assert other.returncode == 1
    assert b"would be there twice" in other.stderr or b"is not a report" in other.stderr


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"nonsense", b"line 2 is not a report"),
        (b'{"version":"v1","clusterID":"c"}', b"line 2 is not a report"),
        (b'{"version":"v1","clusterID":"c","receivedAt":"today"}', b"must be an hour"),
        (b'{"version":"v1","receivedAt":"2026-11-25T07:00:00Z"}', b"clusterID"),
    ],
)
def test_a_line_that_is_no_report_is_named_before_anything_is_written(
    tmp_path: Path, line: bytes, reason: bytes
) -> None:
    """All lines are checked first."""
    good = b'{"version":"v1","clusterID":"c","receivedAt":"2026-11-25T07:00:00Z"}\n'
    outcome = run_collector("import", "--data-dir", str(tmp_path), stdin=good + line + b"\n")
    assert outcome.returncode == 1
    assert reason in outcome.stderr
    assert outcome.stderr.count(b"\n") == 1
    assert clusters_in(tmp_path) == []


def test_a_reader_that_goes_away_is_one_line(tmp_path: Path) -> None:
    """An export into a closed pipe exits with an error, and the collector goes on."""
    with RunningCollector(tmp_path) as collector:
        assert collector.post(report_of("one"))[0] == 204
        wait_until(collector.has_drained)
        with subprocess.Popen(
            [sys.executable, "-m", MODULES[0], "export", "--data-dir", str(tmp_path)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.close()
            assert process.wait(DEADLINE_SECONDS) == 1
            assert process.stderr.read().startswith(b"collector: standard output cannot be written")
        assert collector.request("GET", "/readyz")[0] == 200
