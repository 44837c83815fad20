"""Which release this is, and which commit it was built from: the one source for every program."""

from pathlib import Path
from typing import Final

__all__ = ["VERSION", "built_from", "with_commit"]

VERSION: Final = "2.0.0"
"""As semantic versioning has it (https://semver.org), without a leading `v`."""

_FILE: Final = Path(__file__).with_name("commit.txt")
_SHOWN: Final = 12
"""Hexadecimal digits that tell commits apart, in a repository of any size."""


def built_from() -> str | None:
    """Return the commit that the build was told, or None: sources that run by themselves have none.

    `-dirty` at its end says that there were changes that are in no commit.
    """
    try:
        return _FILE.read_text(encoding="ascii").strip() or None
    except FileNotFoundError:
        return None


def with_commit(version: str, commit: str | None) -> str:
    """Return the line that `--version` prints."""
    if commit is None:
        return version
    digits, dirty, _ = commit.partition("-dirty")
    return f"{version} (commit {digits[:_SHOWN]}{dirty})"
