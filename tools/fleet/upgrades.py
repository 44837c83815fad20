"""When a cluster takes which release of Kubernetes."""

from datetime import date, timedelta
from typing import Final, NamedTuple, Self

from msgspec import Struct

from tools.fleet.catalogue import Distribution, newest_minor, newest_patch
from tools.simulator.draws import Draws

_DELAY_SPREAD: Final = 0.7
# Days between two maintenance windows, by how many clusters have them.
_CYCLES: Final = {30: 40, 91: 35, 182: 17, 365: 8}
# Of clusters that nobody upgrades: for how long nobody has, at most.
_STUCK_DAYS: Final = 1_500


class Release(NamedTuple):
    """A release of Kubernetes 1."""

    minor: int
    patch: int

    @property
    def version(self) -> str:
        """The version, such as 1.33.4."""
        return f"1.{self.minor}.{self.patch}"


class Upgrades(Struct, frozen=True, kw_only=True):
    """How one cluster is upgraded: in maintenance windows, to what came out `delay` days before.

    `lag` and `supported` are those of its distribution. A cluster that is `stuck` was last
    upgraded on that day.
    """

    lag: int
    supported: int
    delay: int
    cycle: int
    phase: int
    stuck: date | None

    @classmethod
    def draw(cls, distribution: Distribution, draws: Draws, *, since: date) -> Self:
        """Draw how a cluster is upgraded that is there since a day."""
        delay = round(draws.log_normal(distribution.delay, _DELAY_SPREAD))
        cycle = draws.weighted(_CYCLES)
        phase = draws.number(cycle)
        is_stuck = draws.number(100) < distribution.stuck
        stuck = since - timedelta(days=draws.number(_STUCK_DAYS)) if is_stuck else None
        return cls(
            lag=distribution.lag,
            supported=distribution.supported,
            delay=delay,
            cycle=cycle,
            phase=phase,
            stuck=stuck,
        )

    def release(self, day: date) -> Release:
        """Return what runs on a day: never less than on the day before."""
        window = day - timedelta(days=(day.toordinal() + self.phase) % self.cycle)
        if self.stuck is not None:
            window = min(window, self.stuck)
        minor = newest_minor(window - timedelta(days=self.lag + self.delay))
        if self.supported:
            unsupported = newest_minor(day - timedelta(days=self.lag + self.supported))
            minor = max(minor, unsupported + 1)
        return Release(minor, newest_patch(minor, window))
