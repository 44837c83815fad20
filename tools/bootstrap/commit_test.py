"""Naming the commit that is built."""

import re
import subprocess
from pathlib import Path

import pytest

from tools.bootstrap.commit import find_commit

_IDENTITY = ("-c", "user.name=a", "-c", "user.email=a@example.org")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit."""
    (tmp_path / "file").write_text("one")
    for command in (("init", "--quiet"), ("add", "file"), ("commit", "--quiet", "-m", "one")):
        subprocess.run(["git", "-C", tmp_path, *_IDENTITY, *command], check=True)
    return tmp_path


def test_commit(repository: Path) -> None:
    """A clean checkout is named by its commit."""
    assert re.fullmatch(r"[0-9a-f]{40}", find_commit(repository))


@pytest.mark.parametrize("name", ["file", "another"])
def test_changes(repository: Path, name: str) -> None:
    """A change that is in no commit is not passed off as the commit."""
    (repository / name).write_text("two")
    assert re.fullmatch(r"[0-9a-f]{40}-dirty", find_commit(repository))


def test_no_repository(tmp_path: Path) -> None:
    """Sources without a repository have no commit to name."""
    assert find_commit(tmp_path) == ""
