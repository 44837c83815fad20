"""Which periods a data directory is to release now, and when none are.

Beside the releases two files say a day each: `since`, the first of which anything is published, and
`seen`, on which was last found out what is due (docs/decisions/0039-when-a-release-is-held.md).
"""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from census import Period, Release
from census.periods import name_of
from collector.errors import PublishingHeld
from collector.publishing import store
from collector.publishing.schedule import (
    cadence_of,
    due_day,
    due_periods,
    is_possible,
    missed_periods,
    next_due,
)
from collector.values import PublishPlan

SINCE: Final = "since"
SEEN: Final = "seen"
_SINCE_REMEDY: Final = (
    "write the first day into it of which anything is published, such as 2026-11-01, or name it"
    " with --publish-since"
)
_SEEN_REMEDY: Final = "remove it, and what came due after the latest release counts as missed"


class Due:
    """What is due in a folder of releases. Every method raises `FileUnusable`."""

    def __init__(
        self, folder: Path, plan: PublishPlan, *, retention_days: int | None = None
    ) -> None:
        """Reports older than `retention_days` are deleted; None keeps them."""
        self._folder: Final = folder
        self._plan: Final = plan
        self._cadence: Final = cadence_of(plan.publish)
        self._retention_days: Final = retention_days

    def periods(self, today: date) -> tuple[Period, ...]:
        """Return the periods to release, the oldest first. Raises `PublishingHeld`.

        None begins before publishing was switched on: who reported then did not know of it.
        """
        releases = store.read(self._folder)
        self._check_days_to_come(releases, today)
        since = self._since(releases, today)
        if self._plan.since is None and not releases:
            store.note_day(self._folder / SINCE, since)
        due = tuple(due_periods(self._cadence, releases, since=since, today=today))
        self._check_missed(due, releases, today)
        store.note_day(self._folder / SEEN, today)
        return due

    def next_day(self, releases: Sequence[Release], today: date) -> date:
        """Return the day on which the next release will be due."""
        since = self._since(releases, today)
        return next_due(self._plan, releases, since=since, today=today)

    def is_deleted(self, period: Period, today: date) -> bool:
        """Whether reports of a period were deleted for their age."""
        days = self._retention_days
        return days is not None and period.first + timedelta(days + 1) <= today

    def _since(self, releases: Sequence[Release], today: date) -> date:
        if self._plan.since is not None:
            return self._plan.since
        noted = store.read_day(self._folder / SINCE, remedy=_SINCE_REMEDY)
        known = [*([noted] if noted else []), *(each.period.first for each in releases[:1])]
        return min(known, default=self._cadence.period_of(today).first)

    def _check_days_to_come(self, releases: Sequence[Release], today: date) -> None:
        right = f"where the clock is behind ({today} in UTC), set it right"
        for each in releases:
            if each.period.last >= today:
                raise PublishingHeld(
                    f"the release {each.name} in {self._folder} is of days to come; {right}; where"
                    " it was ahead when the release was made, see docs/publishing.md"
                )
        noted = store.read_day(self._folder / SINCE, remedy=_SINCE_REMEDY)
        if noted is not None and noted > today and self._plan.since is None:
            raise PublishingHeld(
                f"{self._folder / SINCE} says {noted}, which is to come; {right}; where it was"
                f" ahead, {_SINCE_REMEDY}"
            )

    def _check_missed(
        self, due: Sequence[Period], releases: Sequence[Release], today: date
    ) -> None:
        """Check that this collector was there when the periods came due, or that it may catch up.

        Otherwise they may be released already, by what these files are an older copy of.
        """
        seen = self._seen(releases) or today
        through = self._plan.missed or date.min
        missed = [
            name_of(each)
            for each in missed_periods(due, seen=seen, today=today)
            if due_day(each) > through
            and not self.is_deleted(each, today)
            and is_possible(self._plan, each, releases)
        ]
        if missed:
            names = " to ".join((missed[0], *missed[1:][-1:]))
            raise PublishingHeld(
                f"{names} came due after {seen}, the last day on which this collector published:"
                f" it was off, its clock is wrong ({today} in UTC), or its files are an older copy."
                f" What was released belongs into {self._folder}; where nobody has seen such a"
                f" release, go on with --publish-missed {today}"
            )

    def _seen(self, releases: Sequence[Release]) -> date | None:
        """Return when was last found out what is due; as the latest release was, if no file says.

        None where there is neither.
        """
        noted = store.read_day(self._folder / SEEN, remedy=_SEEN_REMEDY)
        return noted or (due_day(releases[-1].period) if releases else None)
