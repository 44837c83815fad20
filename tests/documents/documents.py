"""The documents that are checked, and their commands."""

from pathlib import Path
from typing import Final

from tests.documents.markdown import Markdown, parse
from tests.documents.shell import Command, commands

ROOT: Final = Path(__file__).parents[2]

NAMES: Final = (
    "README.md",
    "CONTRIBUTING.md",
    *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")),
)


def text_of(name: str) -> str:
    """Return a document as it is written."""
    return (ROOT / name).read_text(encoding="utf-8")


def document(name: str) -> Markdown:
    """Return a document."""
    return parse(text_of(name))


def commands_of(name: str) -> list[Command]:
    """Return a document's commands, in its order."""
    return [command for block in document(name).blocks for command in commands(block)]


def all_commands() -> list[Command]:
    """Return the commands of all documents."""
    return [command for name in NAMES for command in commands_of(name)]
