"""Behaviour of the choice of a data directory."""

from pathlib import Path

import pytest

from collector.testing import (
    run_collector,
)


@pytest.mark.parametrize("word", ["drain", "export", "forget"])
def test_a_data_directory_that_is_missing_is_not_made(tmp_path: Path, word: str) -> None:
    """A wrong path is one line, and stays wrong."""
    missing = tmp_path / "missing"
    flags = ["--cluster-id", "-"] if word == "forget" else []
    outcome = run_collector(word, *flags, "--data-dir", str(missing), stdin=b"one\n")
    assert outcome.returncode == 1
    assert outcome.stderr.startswith(b"collector: there is no data directory ")
    assert outcome.stderr.count(b"\n") == 1
    assert not missing.exists()
