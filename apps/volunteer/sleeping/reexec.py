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

from command_line.errors import InvalidOption
from volunteer.clock import Clock
from volunteer.sleeping import sleeper
from volunteer.sleeping.schedule import WakeUp
from volunteer.termination import EXIT_SIGNALS

VARIABLE: Final = "SPARTAKUS_DUE"
"""Holds, over the re-exec, the wake-up: `AT` or `AT,NEXT_DUE`, readings of `Clock.now`."""

_LONGEST_SLEEP_SECONDS: Final = 60.0
SHORTEST_SECONDS: Final = 2.0
"""A shorter wait is not worth the half second of CPU time that coming back costs."""

Execute: TypeAlias = Callable[[str, list[str], Mapping[str, str]], object]
"""Replaces the process by a program, with arguments and environment; raises `OSError`."""

_log: Final = logging.getLogger(__name__)


def take_wake_up(environment: MutableMapping[str, str]) -> WakeUp | None:
    """Take the wake-up that was waited for out of `environment`; None at a first start.

    Raises `InvalidOption` for a text that this program did not write.
    """
    text = environment.pop(VARIABLE, "")
    if not text:
        return None
    try:
        times = [float(part) for part in text.split(",")]
    except ValueError:
        times = []
    if len(times) not in {1, 2} or not all(map(math.isfinite, times)):
        raise InvalidOption(VARIABLE, "is for the program itself: leave it unset")
    return WakeUp(*times)


def _as_text(wake_up: WakeUp) -> str:
    times = (wake_up.at, wake_up.next_due)
    return ",".join(repr(time) for time in times if time is not None)


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


def wait_asleep(
    wake_up: WakeUp,
    clock: Clock,
    *,
    terminated: int,
    environment: Mapping[str, str],
    execute: Execute = os.execve,
) -> None:
    """Return when `clock.now` has reached the wake-up; after a long wait, as another process image.

    `terminated` is the exit status for SIGTERM, `environment` all variables of the program that
    comes back. Where a re-exec is not possible the wait is an ordinary one.
    """
    file = Path(sleeper.__file__)
    is_long = wake_up.at - clock.now() >= SHORTEST_SECONDS
    if is_long and sys.platform == "linux" and file.is_file():
        program = [sys.executable, *sys.orig_argv[1:]]
        arguments = [str(file), repr(wake_up.at), str(terminated)]
        command = [sys.executable, "-I", "-S", *arguments, *program]
        signal.pthread_sigmask(signal.SIG_BLOCK, EXIT_SIGNALS)
        try:
            execute(sys.executable, command, {**environment, VARIABLE: _as_text(wake_up)})
        except OSError as error:
            _log.warning("waiting without giving memory back: %s", error.strerror)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, EXIT_SIGNALS)
    wait_until(wake_up.at, clock)


def wait_until(due: float, clock: Clock) -> None:
    """Return when `clock.now` has reached `due`.

    Sleeps in pieces: the kernel's sleep stands still while a machine is suspended, `clock.now`
    does not.
    """
    while (remaining := due - clock.now()) > 0:
        clock.sleep(min(remaining, _LONGEST_SLEEP_SECONDS))
