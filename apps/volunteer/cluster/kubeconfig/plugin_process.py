"""Runs a program for what it prints, and leaves nothing of it behind when its time is over."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from volunteer.http.deadline import within

_MOST_BYTES: Final = 1024 * 1024


def run_program(
    command: Sequence[str],
    *,
    variables: Mapping[str, str],
    seconds: float,
    is_interactive: bool,
) -> tuple[bytes, int]:
    """Return what a program prints, a mebibyte at most, and its exit status.

    What it says on stderr is shown where its user `is_interactive`, and else nowhere. Raises
    `DeadlinePassed`, and `OSError` or `ValueError` where it cannot be started.
    """
    process = subprocess.Popen(  # noqa: S603 - the user's kubeconfig names it
        command,
        env=variables,
        stdin=None if is_interactive else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=sys.stderr if is_interactive else subprocess.DEVNULL,
        # In a session of its own it could not ask at the terminal.
        start_new_session=not is_interactive,
    )
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    stdout = process.stdout

    def read() -> tuple[bytes, int]:
        return stdout.read(_MOST_BYTES), process.wait()

    try:
        return within(seconds, read)
    except BaseException:
        _end(process, is_interactive=is_interactive)
        raise


def _end(process: "subprocess.Popen[bytes]", *, is_interactive: bool) -> None:
    """End the program, with all that it started where it leads a session."""
    with suppress(OSError):
        if is_interactive:
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
