"""Exiting at once when a signal says so, whatever is going on."""

import os
import signal
import sys
import time
from contextlib import suppress
from functools import partial
from types import FrameType
from typing import Final, NoReturn

from command_line.errors import EXIT_INTERRUPTED, discard_output
from volunteer.errors import EXIT_NO_READER

_A_MOMENT_SECONDS: Final = 0.01
_STANDARD_ERROR: Final = 2


def exit_on_signals(*, terminated: int) -> None:
    """Exit with the status `terminated` on SIGTERM, and with `EXIT_INTERRUPTED` on SIGINT.

    As PID 1 a process has no default action for any signal.
    """
    signal.signal(signal.SIGTERM, partial(_exit, terminated))
    signal.signal(signal.SIGINT, partial(_exit, EXIT_INTERRUPTED))
    sys.unraisablehook = _exit_after_all


def is_exiting() -> bool:
    """Whether the process is about to exit: an exit was lost, and comes again in a moment."""
    return signal.getitimer(signal.ITIMER_REAL)[0] > 0


def exit_without_reader() -> int:
    """End as a program in a pipeline does that writes to nobody, killed by SIGPIPE.

    Returns the exit status that says so where that signal does nothing, as for PID 1.
    """
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGPIPE)
    discard_output()
    return EXIT_NO_READER


def _exit(status: int, number: int, _frame: FrameType | None) -> NoReturn:
    if number == signal.SIGTERM:
        # Not with `logging`: the signal may have come in the middle of one of its lines.
        line = time.strftime("%Y-%m-%dT%H:%M:%SZ INFO SIGTERM: exiting\n", time.gmtime())
        with suppress(OSError):
            os.write(_STANDARD_ERROR, line.encode("ascii"))
    sys.exit(status)


def _exit_after_all(unraisable: "sys.UnraisableHookArgs") -> None:
    """Exit a moment later where Python ignores what is raised: in a finalizer (urllib3 closes its
    connections in one) and in the callbacks of an import.
    """
    if not isinstance(unraisable.exc_value, SystemExit):
        sys.__unraisablehook__(unraisable)
        return
    status = int(unraisable.exc_value.code or 0)
    signal.signal(signal.SIGALRM, partial(_exit, status))
    signal.setitimer(signal.ITIMER_REAL, _A_MOMENT_SECONDS)
