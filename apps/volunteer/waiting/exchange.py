"""The wait in which the process becomes a sleeping interpreter, the `sleeper`, and returns.

What a report takes, some 50 MiB of libraries, is given back to the machine until the next one.
Nothing is kept but the due time: flags and variables are the same, and files are read again.
"""

import logging
import math
import os
import signal
import sys
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Final, TypeAlias

from volunteer.clock import Clock
from volunteer.ending import is_ending
from volunteer.errors import InvalidOption
from volunteer.waiting import sleeper
from volunteer.waiting.wait import wait_until

VARIABLE: Final = "SPARTAKUS_DUE"
"""Holds, over the exchange, the reading of `Clock.now` at which the report is due."""

SHORTEST_SECONDS: Final = 2.0
"""A shorter wait is not worth the half second of CPU time that coming back costs."""

ENDINGS: Final = (signal.SIGTERM, signal.SIGINT)

Execute: TypeAlias = Callable[[str, list[str], Mapping[str, str]], object]
"""Replaces the process by a program, with arguments and environment; raises `OSError`."""

_log: Final = logging.getLogger(__name__)


def take_due(environment: MutableMapping[str, str]) -> float | None:
    """Take the due time that was waited for out of `environment`; None at a first start.

    Raises `InvalidOption` for a text that this program did not write.
    """
    text = environment.pop(VARIABLE, None)
    if text is None:
        return None
    try:
        due = float(text)
    except ValueError:
        due = math.nan
    if not math.isfinite(due):
        raise InvalidOption(VARIABLE, "is for the program itself: leave it unset")
    return due


def started_with(file: Path, otherwise: Mapping[str, str]) -> Mapping[str, str]:
    """Return the variables in `file`, which is `/proc/self/environ`, or `otherwise` without it.

    They are those that the process was started with. What its own start adds, as a PEX does to
    PATH, would be added again each time that it comes back.
    """
    try:
        content = file.read_bytes()
    except OSError:
        return otherwise
    pairs = (os.fsdecode(entry).partition("=") for entry in content.split(b"\0") if entry)
    return {name: value for name, _, value in pairs}


def hear_endings() -> None:
    """Let the signals through that were held back during the exchange."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDINGS)


def wait_asleep(
    due: float,
    clock: Clock,
    *,
    terminated: int,
    environment: Mapping[str, str],
    execute: Execute = os.execve,
) -> None:
    """Return when `clock.now` has reached `due`; after a long wait, as another process image.

    `terminated` is the exit status for SIGTERM, `environment` all variables of the program that
    comes back. Where the exchange is not possible the wait is an
    ordinary one.
    """
    file = Path(sleeper.__file__)
    is_long = due - clock.now() >= SHORTEST_SECONDS
    if is_long and sys.platform == "linux" and file.is_file() and not is_ending():
        program = [sys.executable, *sys.orig_argv[1:]]
        command = [sys.executable, "-I", "-S", str(file), repr(due), str(terminated), *program]
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)
        try:
            execute(sys.executable, command, {**environment, VARIABLE: repr(due)})
        except OSError as error:
            _log.warning("waiting without giving memory back: %s", error.strerror)
        hear_endings()
    wait_until(due, clock)
