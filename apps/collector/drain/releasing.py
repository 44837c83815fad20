"""Has releases made by a process of their own, so that neither intake nor draining waits for them.

The drain starts it, once an hour, when all that was in the spool has been written: so everything
that was received in a period that is over has been drained, too.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from threading import Thread
from typing import Final, TypeAlias

from collector.drain.channel import decode_message, encode
from collector.drain.messages import Message, Notice, ReleaseFailed, ReleaseSettings
from collector.errors import DrainFailed

INTERVAL_SECONDS: Final = 3_600.0
# Its name as text: importing the module would load the census here.
_MODULE: Final = "collector.drain.release_process"

MakeReleases: TypeAlias = Callable[[float], Iterator[Message]]
"""Makes the releases that are due by a time in UNIX seconds; returns what there is to send."""


class Releasing:
    """Makes what is due, every hour, in a thread that waits for the process."""

    def __init__(
        self,
        make: MakeReleases,
        *,
        send: Callable[[Message], None],
        now: Callable[[], float],
        clock: Callable[[], float],
    ) -> None:
        """`now` gives UNIX seconds, `clock` seconds that never go back."""
        self._make: Final = make
        self._send: Final = send
        self._now: Final = now
        self._clock: Final = clock
        self._due = clock()
        self._thread: Thread | None = None
        self._told: frozenset[str] = frozenset()

    def check(self) -> None:
        """Begin to make what is due, unless that is under way. Never waits."""
        is_under_way = self._thread is not None and self._thread.is_alive()
        if is_under_way or self._clock() < self._due:
            return
        self._due = self._clock() + INTERVAL_SECONDS
        self._thread = Thread(target=partial(self._run, self._now()), name="releases", daemon=True)
        self._thread.start()

    def _run(self, now: float) -> None:
        """Send what comes, but no notice that was sent an hour ago as well."""
        told: set[str] = set()
        try:
            for message in self._make(now):
                is_new = True
                if isinstance(message, Notice):
                    text = f"{message.event} {message.fields}"
                    told.add(text)
                    is_new = text not in self._told
                if is_new:
                    self._send(message)
        except DrainFailed as error:
            self._send(ReleaseFailed(str(error)))
        self._told = frozenset(told)


def make_in_process(settings: ReleaseSettings) -> Iterator[Message]:
    """Start a process that makes releases, and return what it sends. Raises `DrainFailed`.

    It exits when this one does: the pipe to it is closed then.
    """
    # -P: a file in the working directory must not stand in for a module.
    command = [sys.executable, "-P", "-m", _MODULE, encode(settings).decode().strip()]
    try:
        process = subprocess.Popen(  # noqa: S603 - no shell
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
    except OSError as error:
        raise DrainFailed(f"the process for it cannot be started: {error.strerror}") from error
    with process:
        for line in process.stdout or ():
            yield decode_message(line)
    if process.returncode < 0:
        raise DrainFailed(
            f"the process for it was killed by signal {-process.returncode}; where memory ran out,"
            " allow the collector 1 GiB"
        )
    if process.returncode > 0:
        raise DrainFailed(f"the process for it exited with status {process.returncode}")
