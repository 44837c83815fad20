"""Behaviour of `collector status` beside a running collector."""

import json
from pathlib import Path

from collector.testing import RunningCollector, post_all, run_collector, wait_until


def test_a_running_collector_says_what_it_does(tmp_path: Path) -> None:
    """Status 0, a dozen lines or JSON, with what was stored and refused since the start."""
    with RunningCollector(tmp_path) as collector:
        post_all(collector, "a", "b")
        collector.request("POST", "/api/v1", b"{}")
        wait_until(collector.has_drained)
        lines = run_collector("status", "--data-dir", str(tmp_path))
        as_json = run_collector("status", "--json", "--data-dir", str(tmp_path))
        quiet = run_collector("status", "-q", "--data-dir", str(tmp_path))
        assert collector.stop() == 0
    assert (lines.returncode, lines.stderr) == (0, b"")
    assert 10 <= len(lines.stdout.splitlines()) <= 14
    found = json.loads(as_json.stdout)
    assert (found["accepted"], found["written"], found["waiting_reports"]) == (2, 2, 0)
    assert found["refused"] == {"unsupported_content_type": 1}
    assert found["serving_since"] <= found["last_written"]
    assert found["drain_memory_bytes"] > 1024 * 1024
    assert (quiet.returncode, quiet.stdout) == (0, b"")


def test_no_collector_runs(tmp_path: Path) -> None:
    """Status 1, and one line, without a collector and after one that was killed."""
    never = run_collector("status", "--data-dir", str(tmp_path))
    with RunningCollector(tmp_path) as collector:
        collector.kill()
    killed = run_collector("status", "--data-dir", str(tmp_path))
    for outcome in (never, killed):
        assert (outcome.returncode, outcome.stdout) == (1, b"")
        assert outcome.stderr.decode() == f"collector: no collector runs on {tmp_path}\n"


def test_a_collector_that_takes_no_reports_is_unhealthy(tmp_path: Path) -> None:
    """Status 1, with the reason, when a disk without room is in the way."""
    with RunningCollector(tmp_path, "--free-disk", str(1024 * 1024)) as collector:
        outcome = run_collector("status", "--data-dir", str(tmp_path))
        assert collector.request("GET", "/readyz")[0] == 503
    assert outcome.returncode == 1
    assert b"none: the disk is full" in outcome.stdout
