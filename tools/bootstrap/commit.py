"""Finds the commit that is built, for programs to name in their `--version`.

Runs on Python 3.9, before anything is installed.
"""

from __future__ import annotations

import subprocess
from pathlib import Path


def find_commit(root: Path) -> str:
    """Return the commit checked out in `root`, with `-dirty` where files differ from it.

    Empty where there is no repository or no git: the sources build without.
    """
    commit = _git(root, "rev-parse", "--verify", "HEAD")
    if not commit:
        return ""
    return f"{commit}-dirty" if _git(root, "status", "--porcelain") else commit


def _git(root: Path, *arguments: str) -> str:
    try:
        finished = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, check=True, text=True
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return finished.stdout.strip()
