"""What some warehouses can do beside taking reports. Who needs it asks with `isinstance`.

All raise `WarehouseUnavailable`.
"""

from pathlib import Path
from typing import Protocol, runtime_checkable

from msgspec import Struct

from collector.records import Batch


class Forgotten(Struct, frozen=True):
    """What is left of a cluster after it was forgotten.

    `removed` reports were deleted. `remains` says in a sentence what is still there, and for how
    long; empty where nothing is.
    """

    removed: int
    remains: str = ""
    is_incomplete: bool = False
    """Whether something could not be searched, so that the cluster may be forgotten again."""


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
class LoadsFiles(Protocol):
    """A warehouse that takes whole files of reports."""

    def load_parquet(self, path: Path, name: str) -> None:
        """Load a Parquet file, once for ever under `name`, which identifies its bytes."""


@runtime_checkable
class Submits(Protocol):
    """A warehouse that is handed a batch, and takes a while to load it."""

    def is_submitted(self, batch: Batch) -> bool:
        """Return whether these reports were handed over already, whatever came of it."""


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


@runtime_checkable
class Compacts(Protocol):
    """A warehouse that is quicker to read once what was written is put together."""

    def compact(self, *, now: float) -> None:
        """Put together what is complete by `now`, UNIX seconds."""
