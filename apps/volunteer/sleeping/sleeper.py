"""The bare interpreter that sleeps between two reports and then becomes the volunteer again.

    python -I -S sleeper.py DUE STATUS PROGRAM ARGUMENT…

DUE is a reading of CLOCK_BOOTTIME in seconds, STATUS what SIGTERM ends with. It imports next to
nothing, because what is imported is held in memory for a day.

The signals that end a process arrive here blocked and leave blocked: so none is lost while one
program becomes the other. Each has a handler, because PID 1 has no default action for any.
SIGTERM is logged here as the program itself does it.
"""

import os
import signal
import sys
import time
from types import FrameType

_LONGEST_SLEEP_SECONDS = 60.0
_INTERRUPTED = 128 + signal.SIGINT
_CANNOT_WAKE = 1
_STANDARD_ERROR = 2
_EXIT_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def _sleep_until(due: float) -> None:
    """Sleep in pieces: the kernel's sleep stands still while a machine is suspended."""
    while (remaining := due - time.clock_gettime(time.CLOCK_BOOTTIME)) > 0:
        time.sleep(min(remaining, _LONGEST_SLEEP_SECONDS))


def main() -> None:
    """Sleep, and replace this process by the program."""
    due, status, *command = sys.argv[1:]

    def end(number: int, _frame: FrameType | None) -> None:
        if number != signal.SIGTERM:
            os._exit(_INTERRUPTED)
        line = time.strftime("%Y-%m-%dT%H:%M:%SZ INFO SIGTERM: exiting\n", time.gmtime())
        try:
            os.write(_STANDARD_ERROR, line.encode("ascii"))
        finally:
            os._exit(int(status))

    for number in _EXIT_SIGNALS:
        signal.signal(number, end)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _EXIT_SIGNALS)
    _sleep_until(float(due))
    signal.pthread_sigmask(signal.SIG_BLOCK, _EXIT_SIGNALS)
    try:
        os.execv(command[0], command)  # noqa: S606 - no shell, on purpose
    except OSError as error:
        sys.stderr.write(f"volunteer: cannot be started again after its sleep: {error.strerror}\n")
        sys.exit(_CANNOT_WAKE)


if __name__ == "__main__":
    main()
