"""Behaviour of `collector forget`, beside a collector that runs and without one."""

import json
import time
from contextlib import closing
from pathlib import Path

import pytest

from collector.records import SpooledReport
from collector.testing import (
    RunningCollector,
    clusters_in,
    leave_drained,
    leave_spooled,
    report_of,
    run_collector,
)
from collector.warehouse.dead_letters import DEAD_LETTERS_FILE, DeadLetters


def buried_in(data_dir: Path) -> list[str]:
    with closing(DeadLetters(data_dir / DEAD_LETTERS_FILE, clock=time.time)) as dead_letters:
        return [each.report_key for each in dead_letters]


def bury(data_dir: Path, *cluster_ids: str) -> None:
    reports = [
        (SpooledReport(1, each, 0, json.dumps(report_of(each)).encode()), "refused")
        for each in cluster_ids
    ]
    with closing(DeadLetters(data_dir / DEAD_LETTERS_FILE, clock=time.time)) as dead_letters:
        dead_letters.add(reports)


@pytest.mark.parametrize("is_running", [True, False])
def test_a_cluster_is_forgotten_everywhere(tmp_path: Path, *, is_running: bool) -> None:
    """Spool, database and dead letters hold no report of it, and all of the others."""
    leave_drained(tmp_path, "other", "gone")
    leave_spooled(tmp_path, "other", "gone")
    bury(tmp_path, "other", "gone")
    words = ("forget", "--cluster-id", "-", "--data-dir", str(tmp_path))
    if is_running:
        with RunningCollector(tmp_path) as collector:
            outcome = run_collector(*words, stdin=b"gone\n")
            assert collector.stop() == 0
    else:
        outcome = run_collector(*words, stdin=b"gone\n")
        assert b"gone" not in (tmp_path / "spool.sqlite").read_bytes()
        assert run_collector("drain", "--data-dir", str(tmp_path)).returncode == 0
    assert outcome.returncode == 0
    assert b"dead letters: 1 reports removed" in outcome.stdout
    assert clusters_in(tmp_path) == ["other", "other"]
    assert buried_in(tmp_path) == ["other"]


def test_an_id_on_the_command_line_is_refused(tmp_path: Path) -> None:
    """The ID comes from standard input, and the message does not repeat it."""
    outcome = run_collector("forget", "--cluster-id", "gone", "--data-dir", str(tmp_path))
    assert outcome.returncode == 1
    assert b"read from standard input" in outcome.stderr
    assert b"gone" not in outcome.stderr
