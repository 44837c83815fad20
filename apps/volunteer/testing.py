"""What tests of the volunteer share: a clock that jumps, dice without chance, waiting."""

import socket
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final

from volunteer.clock import Clock

_LOOK_EVERY_SECONDS: Final = 0.01


class JumpingClock:
    """A clock on which sleeping takes no time; `sleeps` holds what was slept, in seconds."""

    def __init__(self, *, now: float = 1_000.0, unix_time: float = 1_700_000_000.0) -> None:
        self.time = now
        self.sleeps: list[float] = []
        self.clock = Clock(now=lambda: self.time, unix_time=lambda: unix_time, sleep=self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.time += seconds


def seeded(seed: int) -> Random:
    """Return dice that fall the same way in each run."""
    return Random(seed)  # noqa: S311 - not for secrets


class AlwaysLongest(Random):
    """Dice that always fall on the upper end, so that a backoff shows its bound."""

    def uniform(self, a: float, b: float) -> float:
        """Return `b`."""
        return max(a, b)


def free_port() -> int:
    """Return a port of this machine on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(condition: Callable[[], bool], *, seconds: float) -> None:
    """Return when `condition` holds. Raises `TimeoutError` after so many `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"what was waited for did not come true in {seconds} s")
        time.sleep(_LOOK_EVERY_SECONDS)


def resident_bytes(pid: int) -> int:
    """Return how much memory a process holds now (RSS), from `smaps_rollup`."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    (kibibytes,) = (line.split()[1] for line in lines if line.startswith("Rss:"))
    return int(kibibytes) * 1024
