"""Making the releases that are due, and agreeing on them with whoever else makes them.

The warehouse keeps a release before anybody sees it: the first of a period stays, whichever process
or replica made it, and is what all publish. Beside it each keeps a copy in its data directory, from
which it serves (docs/decisions/0033-how-a-release-is-kept.md).
"""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from msgspec import Struct

from census import (
    AlreadyReleased,
    BudgetSpent,
    Period,
    RandomBits,
    Release,
    check_budget,
    encode,
    exact_release_of,
    release_of,
)
from census.periods import name_of
from collector.disk.files import locked, make_private_folder
from collector.errors import FileUnusable
from collector.publishing import store
from collector.publishing.due import Due
from collector.publishing.schedule import budget_of, overlap
from collector.values import Publish, PublishPlan
from collector.warehouse.counting import CensusStore

_LOCK: Final = "lock"


class Made(Struct, frozen=True):
    """A release that is published from now on. It took `seconds`, and cost `bytes_billed`."""

    name: str
    seconds: float
    bytes_billed: int


class Taken(Struct, frozen=True):
    """A release that was there already, in one of its places, and is published from now on."""

    name: str


class Refused(Struct, frozen=True):
    """A release that will never be made, and why."""

    name: str
    reason: str


class Publisher:
    """Makes the releases of one data directory."""

    def __init__(
        self,
        folder: Path,
        census: CensusStore,
        plan: PublishPlan,
        *,
        random_bits: RandomBits,
        retention_days: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`folder` is that of releases. `random_bits` must never give the same bits twice.

        Reports older than `retention_days` are deleted; None keeps them.
        """
        self._folder: Final = folder
        self._census: Final = census
        self._plan: Final = plan
        self._random_bits: Final = random_bits
        self._due: Final = Due(folder, plan, retention_days=retention_days)
        self._clock: Final = clock

    def publish_due(self, now: float) -> Iterator[Made | Taken | Refused]:
        """Make what is due by `now` (UNIX seconds), the oldest first.

        Raises `WarehouseUnavailable`, `FileUnusable` or `PublishingHeld`; what was made by then is
        made.
        """
        today = _day(now)
        make_private_folder(self._folder)
        # One process at a time: with other settings it could release the same days as a quarter.
        with locked(self._folder / _LOCK):
            yield from self._agree()
            for period in self._due.periods(today):
                yield from self._agree()
                releases = store.read(self._folder)
                if not any(overlap(period, each.period) for each in releases):
                    yield self._try(period, releases, today)

    def next_due(self, now: float) -> date:
        """Return the day on which the next release will be due. Raises `FileUnusable`."""
        return self._due.next_day(store.read(self._folder), _day(now))

    def _try(self, period: Period, releases: Sequence[Release], today: date) -> Made | Refused:
        if self._due.is_deleted(period, today):
            return Refused(name_of(period), "--retention has deleted its first reports")
        began, billed = self._clock(), self._census.bytes_billed
        try:
            made = self._make(period, releases)
        except (BudgetSpent, AlreadyReleased) as error:
            return Refused(name_of(period), str(error))
        return Made(made.name, self._clock() - began, self._census.bytes_billed - billed)

    def _make(self, period: Period, releases: Sequence[Release]) -> Release:
        budget = budget_of(self._plan)
        if self._plan.publish is not Publish.EXACT:
            check_budget(period, budget, releases)
        counts = self._census.count(period)
        if self._plan.publish is Publish.EXACT:
            release = exact_release_of(counts, period)
        else:
            release = release_of(counts, period, budget, self._random_bits)
        kept = self._census.add_release(release.name, encode(release))
        return self._copy(release.name, kept)

    def _agree(self) -> Iterator[Taken]:
        """Have all releases kept in both places; return those that were in one only.

        Another replica made them, or somebody restored a copy, or put them back.
        """
        ours = {each.name: each for each in store.read(self._folder)}
        kept = self._census.releases()
        for name, data in kept.items():
            self._copy(name, data)
            if name not in ours:
                yield Taken(name)
        for name, release in ours.items():
            if name not in kept:
                self._copy(name, self._census.add_release(name, encode(release)))
                yield Taken(name)

    def _copy(self, name: str, data: bytes) -> Release:
        """Keep a release of the warehouse's. Raises `FileUnusable` where there is another."""
        release = store.decode_named(name, data, place=f"the warehouse's release {name}")
        if store.add(self._folder, release) != release:
            raise FileUnusable(
                f"the release {name} in {self._folder} is not the one that the warehouse keeps; a"
                " release never changes, so find out which one was published, and move the other"
                " away"
            )
        return release


def _day(now: float) -> date:
    return datetime.fromtimestamp(now, UTC).date()
