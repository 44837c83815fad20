"""Behaviour of `collector export`, beside a collector that runs and without one."""

import json
import os
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import duckdb

from collector.testing import (
    DEADLINE_SECONDS,
    MODULES,
    RunningCollector,
    leave_drained,
    report_of,
    run_collector,
    wait_until,
)


def exported(outcome: "subprocess.CompletedProcess[bytes]") -> list[str]:
    assert outcome.returncode == 0, outcome.stderr
    return sorted(json.loads(line)["clusterID"] for line in outcome.stdout.splitlines())


def test_an_export_beside_a_running_collector(tmp_path: Path) -> None:
    """Both formats hold every report, over a socket that is nobody else's."""
    with RunningCollector(tmp_path) as collector:
        for cluster_id in ("one", "two", "two"):
            assert collector.post(report_of(cluster_id))[0] == 204
        wait_until(collector.has_drained)
        lines = run_collector("export", "--data-dir", str(tmp_path))
        parquet = run_collector("export", "--format", "parquet", "--data-dir", str(tmp_path))
        assert stat.S_IMODE((tmp_path / "control").stat().st_mode) == 0o600
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
    """It reads the file itself, though the collector was killed, and prints the same."""
    leave_drained(tmp_path, "one", "two")
    assert exported(run_collector("export", "--data-dir", str(tmp_path))) == ["one", "two"]
    outcome = run_collector("export", "--database", "stdout", "--data-dir", str(tmp_path))
    assert outcome.returncode == 1
    assert outcome.stderr == b"collector: only a DuckDB database is exported by this command\n"


def test_a_reader_that_goes_away_is_one_line(tmp_path: Path) -> None:
    """An export into a closed pipe ends with an error, and the collector goes on."""
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
