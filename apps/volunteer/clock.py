"""Time as a parameter: what the rest of the program asks instead of the `time` module."""

import sys
import time
from collections.abc import Callable

from msgspec import Struct

if sys.platform == "linux":

    def _seconds_since_boot() -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)

else:
    _seconds_since_boot = time.monotonic


class Clock(Struct, frozen=True):
    """`now` is seconds that go on while a machine is suspended, from any origin; `unix_time` is
    seconds since 1970; `sleep` takes seconds.
    """

    now: Callable[[], float]
    unix_time: Callable[[], float]
    sleep: Callable[[float], None]


def system_clock() -> Clock:
    """Return the machine's own clock."""
    return Clock(now=_seconds_since_boot, unix_time=time.time, sleep=time.sleep)
