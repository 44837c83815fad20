"""Deleting reports once they are old enough."""

import re
from collections.abc import Callable
from typing import Final

from collector.errors import FileUnusable, InvalidRetention, WarehouseUnavailable
from collector.shared_database import SharedDatabase
from collector.warehouse.abilities import Expires

_DAYS: Final = re.compile(r"([1-9][0-9]{0,4})d")
_DAY_SECONDS: Final = 24 * 3_600.0
_RETRY_SECONDS: Final = 1.0


def parse_retention(text: str) -> int:
    """Return the days that `text` means, such as `400d`. Raises `InvalidRetention`."""
    days = _DAYS.fullmatch(text)
    if days is None:
        raise InvalidRetention(
            f"--retention must be a number of days from 1d to 99999d, not {text!r}"
        )
    return int(days[1])


class Retention:
    """Sees once a day that what is too old goes."""

    def __init__(
        self,
        database: SharedDatabase,
        *,
        days: int | None,
        expire_dead_letters: Callable[[], None],
        clock: Callable[[], float],
        wait: Callable[[float], bool],
        expired: Callable[[int], None],
    ) -> None:
        """Reports older than `days` go from the database; none where it is None.

        `expire_dead_letters` sees to what is kept beside it, for a time of its own, and may raise
        `FileUnusable`. `clock` gives UNIX seconds.
        `wait` waits that many seconds and returns whether to stop; `expired` is told how many
        reports were deleted, where any were.
        """
        self._database: Final = database
        self._days: Final = days
        self._expire_dead_letters: Final = expire_dead_letters
        self._clock: Final = clock
        self._wait: Final = wait
        self._expired: Final = expired

    def run(self) -> None:
        """Delete until told to stop. While the database is down it is tried every second."""
        while not self._wait(self._attempt()):
            pass

    def _attempt(self) -> float:
        """Delete, and return how long to wait after that."""
        try:
            with self._database.borrowed() as database:
                if self._days is not None and isinstance(database, Expires):
                    count = database.expire(days=self._days, now=self._clock())
                    if count > 0:
                        self._expired(count)
            self._expire_dead_letters()
        except WarehouseUnavailable:
            return _RETRY_SECONDS  # the drain says so, and why
        except FileUnusable:
            return _DAY_SECONDS  # said by whoever has to write to the file
        return _DAY_SECONDS
