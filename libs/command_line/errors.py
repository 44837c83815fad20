"""Errors after which a program exits: one clear line each, and an exit status."""

import os
import signal
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import ClassVar, Final

EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2
EXIT_DEFECT: Final = 70
"""`EX_SOFTWARE` of sysexits.h."""

EXIT_INTERRUPTED: Final = 128 + signal.SIGINT
"""As a shell says it."""


class ProgramError(Exception):
    """Base of every error that a program raises on purpose. Its text is for people."""

    exit_status: ClassVar[int] = EXIT_FAILED


class UsageError(ProgramError):
    """What the user asked for cannot be done, whatever the rest of the world says."""

    exit_status = EXIT_USAGE


class InvalidValue(ValueError):
    """A text breaks a rule, its only argument. The caller names where the text is from."""


class InvalidOption(UsageError):
    """A flag, or the environment variable that stands for it, breaks a rule."""

    def __init__(self, option: str, rule: str) -> None:
        super().__init__(f"{option}: {rule}")
        self.option = option
        self.rule = rule


def defect_in_words(error: Exception) -> str:
    """Return where an error was raised that nobody expected, on one line.

    Its own text and a traceback are left out: both could show a token or a node's name.
    """
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(frame.filename).name}, line {frame.lineno}"
    return f"a defect of the program: {type(error).__name__} in {place}"


def complain(program: str, text: str, status: int) -> int:
    """Print an error on one line, if there is still somewhere to print it; return `status`.

    What a terminal would obey is shown, not sent.
    """
    if sys.stderr is not None:
        line = " ".join(text.split())
        shown = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in line)
        with suppress(OSError):
            sys.stderr.write(f"{program}: {shown}\n")
    return status


def discard_output() -> None:
    """Let the interpreter flush at its exit what nobody reads: that would fail once more.

    https://docs.python.org/3/library/signal.html#note-on-sigpipe
    """
    with Path(os.devnull).open("wb") as nowhere, suppress(AttributeError, OSError, ValueError):
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
