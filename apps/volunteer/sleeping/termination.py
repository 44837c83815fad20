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

EXIT_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
_STANDARD_ERROR: Final = 2


class SignalExit(SystemExit):
    """A signal ends the program."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status

    def exit(self) -> NoReturn:
        """Exit at once. An ordinary exit resets the handlers, and another signal would count."""
        os._exit(self.status)


def exit_on_signals(*, terminated: int) -> None:
    """Exit with the status `terminated` on SIGTERM, and with `EXIT_INTERRUPTED` on SIGINT.

    Each raises `SignalExit`, one that was held back during a re-exec too. As PID 1 a process has no
    default action for any signal.
    """
    signal.signal(signal.SIGTERM, partial(_exit, terminated))
    signal.signal(signal.SIGINT, partial(_exit, EXIT_INTERRUPTED))
    sys.unraisablehook = _exit_if_ignored
    signal.pthread_sigmask(signal.SIG_UNBLOCK, EXIT_SIGNALS)


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
    raise SignalExit(status)


def _exit_if_ignored(unraisable: "sys.UnraisableHookArgs") -> None:
    """Exit where Python ignores what is raised: in a finalizer (urllib3 closes its connections in
    one), in the callbacks of an import, and while the interpreter shuts down.
    """
    if isinstance(unraisable.exc_value, SignalExit):
        unraisable.exc_value.exit()
    sys.__unraisablehook__(unraisable)
