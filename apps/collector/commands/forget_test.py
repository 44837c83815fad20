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
    post_all,
    report_of,
    run_collector,
)
from collector.warehouse.dead_letters import DEAD_LETTERS_FILE, DeadLetters


def dead_letters_in(data_dir: Path) -> list[str]:
    with closing(DeadLetters(data_dir / DEAD_LETTERS_FILE, clock=time.time)) as dead_letters:
        return [each.report_key for each in dead_letters]


def add_dead_letters(data_dir: Path, *cluster_ids: str) -> None:
    reports = [
        (SpooledReport(1, each, 0, json.dumps(report_of(each)).encode()), "refused")
        for each in cluster_ids
    ]
    with closing(DeadLetters(data_dir / DEAD_LETTERS_FILE, clock=time.time)) as dead_letters:
        dead_letters.add(reports)


@pytest.mark.parametrize("is_running", [True, False])
def test_a_cluster_is_forgotten_everywhere(tmp_path: Path, *, is_running: bool) -> None:
    """Spool, folder and dead letters hold no report of it, and all of the others."""
    leave_drained(tmp_path, "other", "gone")
    add_dead_letters(tmp_path, "other", "gone")
    words = ("forget", "--cluster-id", "-", "--data-dir", str(tmp_path))
    if is_running:
        with RunningCollector(tmp_path, "--batch-seconds", "600") as collector:
            post_all(collector, "other", "gone")
            outcome = run_collector(*words, stdin=b"gone\n")
            assert collector.stop() == 0
    else:
        leave_spooled(tmp_path, "other", "gone")
        outcome = run_collector(*words, stdin=b"gone\n")
        assert run_collector("drain", "--data-dir", str(tmp_path)).returncode == 0
    assert outcome.returncode == 0, outcome.stderr
    assert outcome.stdout.splitlines() == [
        b"spool: 1 reports removed",
        b"warehouse: 1 reports removed",
        b"dead letters: 1 reports removed",
    ]
    assert clusters_in(tmp_path) == ["other", "other"]
    assert dead_letters_in(tmp_path) == ["other"]


def test_the_key_of_a_forgotten_report_is_forgotten(tmp_path: Path) -> None:
    """A post under a key that was used before is a new report once the cluster was forgotten."""
    key = {"Idempotency-Key": "k"}
    with RunningCollector(tmp_path) as collector:
        assert collector.post(report_of("gone"), key)[0] == 204
        words = ("forget", "--cluster-id", "-", "--data-dir", str(tmp_path))
        assert run_collector(*words, stdin=b"gone\n").returncode == 0
        assert collector.post(report_of("gone"), key)[0] == 204
        assert collector.stop() == 0
    assert clusters_in(tmp_path) == ["gone"]


def test_a_file_that_cannot_be_searched_is_named(tmp_path: Path) -> None:
    """The command does what it can, names the file and fails."""
    leave_drained(tmp_path, "gone")
    [file] = tmp_path.glob("reports/*/*.parquet")
    file.write_bytes(b"PAR1")
    words = ("forget", "--cluster-id", "-", "--data-dir", str(tmp_path))
    outcome = run_collector(*words, stdin=b"gone\n")
    assert outcome.returncode == 1
    assert str(file).encode() in outcome.stdout
    assert b"not forgotten everywhere" in outcome.stderr


@pytest.mark.parametrize("stdin", [b"", b"\n", b"\xff\n"])
def test_what_is_no_id_is_one_line(tmp_path: Path, stdin: bytes) -> None:
    """An empty input, and one that is not text, is an error of one line."""
    words = ("forget", "--cluster-id", "-", "--data-dir", str(tmp_path))
    outcome = run_collector(*words, stdin=stdin)
    assert outcome.returncode == 1
    assert outcome.stderr.count(b"\n") == 1


def test_an_id_on_the_command_line_is_refused(tmp_path: Path) -> None:
    """The ID comes from standard input, and the message does not repeat it."""
    outcome = run_collector("forget", "--cluster-id", "gone", "--data-dir", str(tmp_path))
    assert outcome.returncode == 2
    assert b"read from standard input" in outcome.stderr
    assert b"gone" not in outcome.stderr
