"""The commands in a document's blocks of code, as its reader would type them. Pure."""

import itertools
import re
import shlex
from dataclasses import dataclass
from typing import Final

from tests.documents.markdown import CodeBlock

_PROMPT: Final = "$ "
_SCRIPTS: Final = frozenset({"sh", "bash"})
_ASSIGNMENT: Final = re.compile(r"[A-Za-z_]\w*=")
_OUR_PROGRAM: Final = re.compile(r"(?:[\w.]*/)*[\w-]+\.pex(?: |$)|\./pants ")


@dataclass(frozen=True)
class Command:
    """A command in shell's language, its continued lines joined."""

    text: str

    @property
    def words(self) -> tuple[str, ...]:
        """The words, unquoted, without comments and without variables that are set before."""
        words = shlex.split(self.text, comments=True)
        while words and _ASSIGNMENT.match(words[0]):
            del words[0]
        return tuple(words)

    @property
    def program(self) -> str:
        """The first word; empty where only variables are set."""
        return self.words[0] if self.words else ""

    @property
    def pipeline(self) -> tuple[tuple[str, ...], ...]:
        """The words of each program in a pipe; none where only variables are set."""
        parts = itertools.groupby(self.words, key=lambda word: word == "|")
        return tuple(tuple(words) for is_pipe, words in parts if not is_pipe)


def commands(block: CodeBlock) -> list[Command]:
    """Return the commands of a block.

    In a `console` block they stand behind `$ `, and all other lines are what they print; in a `sh`
    or `bash` block every line is one. A block without a language holds those lines that begin
    with a program of this repository.
    """
    found: list[Command] = []
    open_command: list[str] = []
    for line in block.text.splitlines():
        typed = line if open_command else _typed(block.language, line)
        if typed is None:
            continue
        open_command.append(typed.removesuffix("\\"))
        if not typed.endswith("\\"):
            found.append(Command("".join(open_command)))
            open_command = []
    if open_command:
        raise ValueError(f"the last line of a block is to be continued: {open_command[-1]}")
    return found


def _typed(language: str, line: str) -> str | None:
    """Return what a line says is typed, if it is where a command may begin."""
    if language == "console":
        return line.removeprefix(_PROMPT) if line.startswith(_PROMPT) else None
    if language in _SCRIPTS:
        return line if line.strip() and not line.startswith("#") else None
    return line if not language and _OUR_PROGRAM.match(line) else None
