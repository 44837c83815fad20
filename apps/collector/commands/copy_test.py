"""Behaviour of `collector copy`, as a process."""

from pathlib import Path

import pytest

from collector.testing import (
    clusters_in,
    leave_drained,
    run_collector,
)


def test_a_copy_counts_both_sides_and_can_be_repeated(tmp_path: Path) -> None:
    """All reports are in the other file once, and both counts are said."""
    leave_drained(tmp_path, "one", "two", "three")
    source, target = tmp_path / "reports.duckdb", tmp_path / "other.duckdb"
    for _ in range(2):
        outcome = run_collector(
            "copy", "--from", f"duckdb://{source}", "--to", f"duckdb://{target}"
        )
        assert outcome.returncode == 0
        assert outcome.stdout == b"in the file: 3 reports\nin the other database: 3 reports\n"
        assert b"3/3" in outcome.stderr
    assert clusters_in(target) == ["one", "three", "two"]


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ("stdout", "stdout", b"--from must be duckdb:///PATH"),
        ("duckdb:///a/b", "duckdb:///a/b", b"name the same file"),
        ("duckdb:///a/b", "stdout", b"there is no DuckDB file /a/b"),
    ],
)
def test_a_copy_that_makes_no_sense_is_one_line(source: str, target: str, message: bytes) -> None:
    """What is wrong with the two addresses is said before anything is opened."""
    outcome = run_collector("copy", "--from", source, "--to", target)
    assert outcome.returncode == 1
    assert message in outcome.stderr
    assert outcome.stderr.count(b"\n") == 1
