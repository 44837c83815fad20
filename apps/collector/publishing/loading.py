"""From the folder of releases to the site of them, whenever one was added."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Final

from structlog.stdlib import BoundLogger

from census import Release
from collector.errors import FileUnusable
from collector.publishing.due import Due
from collector.publishing.page.render import About, render
from collector.publishing.representations import build
from collector.publishing.schedule import cadence_of, next_due
from collector.publishing.site import Site
from collector.publishing.store import read
from collector.values import PublishPlan


class Loader:
    """Makes the site of a folder. A release that cannot be read is logged once, and left out."""

    def __init__(
        self,
        folder: Path,
        plan: PublishPlan,
        *,
        address: str | None,
        today: Callable[[], date],
        log: BoundLogger,
    ) -> None:
        """`address` is the public one of the collector, where it is known.

        `today` gives the day, in UTC.
        """
        self._folder: Final = folder
        self._plan: Final = plan
        self._due: Final = Due(folder, plan)
        self._address: Final = address
        self._today: Final = today
        self._log: Final = log
        self._broken: Final[set[str]] = set()

    def load(self) -> Site:
        """Return the site of the releases that there are now."""
        releases = read(self._folder, on_broken=self._leave_out)
        about = About(
            publish=self._plan.publish, next_due=self._next_due(releases), address=self._address
        )
        return build(releases, lambda shown: render(shown, about))

    def _leave_out(self, error: FileUnusable) -> None:
        self._complain("a release is left out of what is published", error)

    def _complain(self, event: str, error: FileUnusable) -> None:
        if str(error) not in self._broken:
            self._broken.add(str(error))
            self._log.error(event, reason=str(error))

    def _next_due(self, releases: Sequence[Release]) -> date:
        try:
            return self._due.next_day(releases, self._today())
        except FileUnusable as error:
            self._complain("it is not known since when is published", error)
            today = self._today()
            since = cadence_of(self._plan.publish).period_of(today).first
            return next_due(self._plan, releases, since=since, today=today)
