"""What some databases can do beside taking reports. A command asks with `isinstance`.

All may be called from another thread than the one that writes. All raise `WarehouseUnavailable`.
"""

import enum
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from msgspec import Struct

from collector.records import Batch


class Format(enum.Enum):
    """How reports leave a database."""

    JSONL = "jsonl"
    """One line of JSON a report, as `--database stdout` prints it."""

    PARQUET = "parquet"
    """The columns of the table."""


class Forgotten(Struct, frozen=True):
    """What is left of a cluster after it was forgotten.

    `removed` reports were deleted. `remains` says in a sentence what is still there, and for how
    long; empty where nothing is.
    """

    removed: int
    remains: str = ""


@runtime_checkable
class Counts(Protocol):
    """A database that knows how many reports it holds."""

    def count(self) -> int:
        """Return how many reports the database holds."""


@runtime_checkable
class LacksColumns(Protocol):
    """A database whose table may be one that somebody else made, and forbids to change."""

    def missing_columns(self) -> tuple[str, ...]:
        """Return the columns that the table lacks: what reports hold there is not kept."""


@runtime_checkable
class Merges(Protocol):
    """A database that knows which reports it has, by key and hour of receipt."""

    def merge(self, batch: Batch) -> None:
        """Write those reports of `batch` that are not there. Keeps no position."""


@runtime_checkable
class Exports(Protocol):
    """A database whose reports can be read."""

    def export(self, form: Format, write: Callable[[bytes], None]) -> int:
        """Pass all reports to `write`, piece by piece, and return how many there were.

        What `write` raises ends the export.
        """


@runtime_checkable
class Forgets(Protocol):
    """A database that can delete the reports of one cluster."""

    def forget(self, cluster_id: str) -> Forgotten:
        """Delete the reports of a cluster."""


@runtime_checkable
class Expires(Protocol):
    """A database that can delete by age."""

    def expire(self, *, days: int, now: float) -> int:
        """See that reports received more than `days` days before `now` (UNIX seconds) go.

        Returns how many were deleted by this call: none where the database does it by itself.
        """
