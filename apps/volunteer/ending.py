"""Ending at once when a signal says so, whatever is going on."""

import signal
import sys
from functools import partial
from types import FrameType
from typing import Final, NoReturn

INTERRUPTED: Final = 128 + signal.SIGINT
"""The exit status of what Ctrl-C ended, as in a shell."""

_A_MOMENT_SECONDS: Final = 0.01


def end_on_signals(*, terminated: int) -> None:
    """End with the status `terminated` on SIGTERM, and with `INTERRUPTED` on SIGINT.

    As PID 1 a process has no default action for any signal.
    """
    signal.signal(signal.SIGTERM, partial(_exit, terminated))
    signal.signal(signal.SIGINT, partial(_exit, INTERRUPTED))
    sys.unraisablehook = _exit_after_all


def is_ending() -> bool:
    """Whether the process is about to end: an end was lost, and comes again in a moment."""
    return signal.getitimer(signal.ITIMER_REAL)[0] > 0


def _exit(status: int, _signal: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(status)


def _exit_after_all(unraisable: "sys.UnraisableHookArgs") -> None:
    """End a moment later where Python ignores what is raised: in a finalizer (urllib3 closes its
    connections in one) and in the callbacks of an import.
    """
    if not isinstance(unraisable.exc_value, SystemExit):
        sys.__unraisablehook__(unraisable)
        return
    signal.signal(signal.SIGALRM, partial(_exit, int(unraisable.exc_value.code or 0)))
    signal.setitimer(signal.ITIMER_REAL, _A_MOMENT_SECONDS)
