"""What the collector and the process that drains its spool send each other.

The collector sends commands, the drain messages; `channel` carries both.
"""

from typing import TypeAlias

from msgspec import Struct

from collector.records import Watermark
from collector.values import PublishPlan


class DrainSettings(Struct, frozen=True):
    """What a drain is started with: the path of the spool, and the address of the warehouse.

    It writes rows at most `batch_seconds` after it heard of them, and deletes reports older than
    `retention_days`; None keeps them. It makes releases as `publish` says; None makes none.
    """

    spool: str
    warehouse: str
    batch_seconds: float = 60.0
    retention_days: int | None = None
    publish: PublishPlan | None = None


class ReleaseSettings(Struct, frozen=True):
    """What the process that makes releases is started with; `now` is in UNIX seconds.

    Reports older than `retention_days` are deleted; None keeps them.
    """

    data_dir: str
    warehouse: str
    plan: PublishPlan
    now: float
    retention_days: int | None = None


class Wake(Struct, frozen=True, tag="wake"):
    """Rows were committed."""


class Finish(Struct, frozen=True, tag="finish"):
    """Drain until the spool is empty, then exit."""


Command: TypeAlias = Wake | Finish


class Opened(Struct, frozen=True, tag="opened"):
    """The warehouse is open and holds the spool through `watermark`; None where it keeps none."""

    watermark: Watermark | None


class Written(Struct, frozen=True, tag="written"):
    """The warehouse holds the spool through `watermark`: the rows may be deleted.

    The last batch had so many `reports` and took `seconds` to write.
    """

    watermark: Watermark
    reports: int
    seconds: float


class Unavailable(Struct, frozen=True, tag="unavailable"):
    """The warehouse takes nothing now. The drain tries again."""

    reason: str


class Unusable(Struct, frozen=True, tag="unusable"):
    """The warehouse or the spool cannot be used as it is. The drain exits."""

    reason: str


class Notice(Struct, frozen=True, tag="notice"):
    """Something that an operator should read in the log, at a level of the module `logging`."""

    level: int
    event: str
    fields: dict[str, int | str | tuple[str, ...]]


class Released(Struct, frozen=True, tag="released"):
    """A release was added to those that are published.

    It took `seconds` to make; None where it was there already.
    """

    name: str
    seconds: float | None = None


class Billed(Struct, frozen=True, tag="billed"):
    """So many bytes were billed for counting, whatever came of it."""

    bytes_billed: int


class ReleaseFailed(Struct, frozen=True, tag="release failed"):
    """No release can be made now. It is tried again."""

    reason: str


class Scheduled(Struct, frozen=True, tag="scheduled"):
    """When the next release will be due, and through which day there are some, in UNIX seconds.

    `released_through` is None where there is none yet.
    """

    next_due: int
    released_through: int | None = None


class Emptied(Struct, frozen=True, tag="emptied"):
    """The spool is empty, as the command to finish asked. The drain exits."""


Message: TypeAlias = (
    Opened
    | Written
    | Unavailable
    | Unusable
    | Notice
    | Released
    | Billed
    | ReleaseFailed
    | Scheduled
    | Emptied
)
