"""When reports are due: a grid of times, one period apart, on a clock that never stands still."""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Schedule:
    """Due times are `first`, `first + period`, … as readings of `Clock.now`, in seconds."""

    first: float
    period: float

    def latest(self, now: float) -> float:
        """Return the last due time that is not after `now`; `first` before that."""
        passed = max(0.0, (now - self.first) // self.period)
        return self.first + passed * self.period


def starting(now: float, *, period: float, jitter: float, random: Random) -> Schedule:
    """Return a schedule whose first report waits a random part of `jitter` seconds."""
    return Schedule(first=now + random.uniform(0, jitter), period=period)
