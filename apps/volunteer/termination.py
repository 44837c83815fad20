"""Exiting at once when a signal says so, whatever is going on.

Nothing is raised in the handlers: Python ignores what is raised in a finalizer, in the callbacks of
an import and in its own shutdown, and libraries written in C have lost it, and crashed.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from types import FrameType
from typing import Final, NoReturn

from command_line.errors import EXIT_INTERRUPTED, discard_output
from volunteer.errors import EXIT_NO_READER

EXIT_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
_STANDARD_ERROR: Final = 2

_before_exit: Final[list[Callable[[], None]]] = []


def exit_on_interrupt() -> None:
    """Exit with `EXIT_INTERRUPTED` on SIGINT, from now on."""
    signal.signal(signal.SIGINT, partial(_exit, EXIT_INTERRUPTED))


def exit_on_signals(*, terminated: int) -> None:
    """Exit with the status `terminated` on SIGTERM, and on SIGINT as `exit_on_interrupt` has it.

    A signal that was held back during a re-exec arrives now. As PID 1 a process has no default
    action for any signal.
    """
    exit_on_interrupt()
    signal.signal(signal.SIGTERM, partial(_exit, terminated))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, EXIT_SIGNALS)


@contextmanager
def before_exit(action: Callable[[], None]) -> Iterator[None]:
    """Where a signal ends the program within the block, do `action` first."""
    _before_exit.append(action)
    try:
        yield
    finally:
        _before_exit.remove(action)


def exit_without_reader() -> int:
    """Exit as a program in a pipeline does when nobody reads its output: killed by SIGPIPE.

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
    for action in _before_exit:
        with suppress(Exception):
            action()
    os._exit(status)
