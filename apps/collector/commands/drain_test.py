"""Behaviour of `collector drain`, as a process."""

from pathlib import Path

from collector.testing import (
    RunningCollector,
    clusters_in,
    leave_spooled,
    run_collector,
    spooled_in,
)


def test_an_orphaned_spool_is_emptied(tmp_path: Path) -> None:
    """Reports that a dead collector left are in the warehouse afterwards, each once."""
    leave_spooled(tmp_path, "one", "two")
    assert spooled_in(tmp_path) == 2
    for _ in range(2):
        outcome = run_collector("drain", "--data-dir", str(tmp_path))
        assert (outcome.returncode, outcome.stdout) == (0, b"the spool is empty\n")
    assert spooled_in(tmp_path) == 0
    assert clusters_in(tmp_path) == ["one", "two"]


def test_a_drain_beside_a_running_collector_is_refused(tmp_path: Path) -> None:
    """The spool has one user at a time."""
    with RunningCollector(tmp_path):
        outcome = run_collector("drain", "--data-dir", str(tmp_path))
    assert outcome.returncode == 1
    assert b"another collector runs on the data directory" in outcome.stderr
