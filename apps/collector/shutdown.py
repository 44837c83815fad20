"""The shutdown, which SIGTERM and SIGINT begin."""

import signal
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import FrameType
from typing import Final

_MOST_REQUEST_SECONDS: Final = 10.0


@dataclass(eq=False, kw_only=True)
class Shutdown:
    """Stops the server on a signal: not ready at once, no new connections after the delay."""

    delay_seconds: float
    grace_seconds: float
    """After the delay, for requests under way and for the spool."""
    began: Iterable[Callable[[], None]]
    """Called at once."""
    shut_down: Callable[[float], None]
    """Called after the delay, with the seconds for requests under way."""
    clock: Callable[[], float]
    """Seconds, monotonic."""
    _ends_at: float | None = field(default=None, init=False)

    def install(self) -> None:
        """Take SIGTERM and SIGINT, which process 1 of a container would otherwise ignore."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.begin)

    def begin(self, _number: int, _frame: FrameType | None) -> None:
        """Begin the shutdown; further signals change nothing."""
        if self._ends_at is not None:
            return
        self._ends_at = self.clock() + self.delay_seconds + self.grace_seconds
        for call in self.began:
            call()
        request_seconds = min(_MOST_REQUEST_SECONDS, self.grace_seconds)
        if self.delay_seconds > 0:
            timer = threading.Timer(self.delay_seconds, self.shut_down, [request_seconds])
            timer.daemon = True
            timer.start()
        else:
            self.shut_down(request_seconds)

    def seconds_left(self) -> float:
        """Return what is left of the grace; none when no signal began the shutdown."""
        return 0.0 if self._ends_at is None else max(0.0, self._ends_at - self.clock())
