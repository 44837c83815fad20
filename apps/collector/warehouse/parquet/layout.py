"""The names of days and files. Pure.

    DAY/SPOOL-FIRST-LAST.parquet             a batch: the rows FIRST through LAST of a spool
    DAY/SPOOL-FIRST-LAST-GENERATION.parquet  the same rows, rewritten: merged, or some forgotten

DAY is `2026-11-25`; SPOOL the ID of a spool, without a dash; GENERATION eight random hex digits,
because a name is never used for other bytes. Names alone say how far a spool is in the folder.
"""

import re
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from msgspec import Struct

from collector.records import DAY_SECONDS, Batch, RowRange

SUFFIX: Final = ".parquet"
_EPOCH: Final = date(1970, 1, 1)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_FILE: Final = re.compile(r"([A-Za-z0-9_]+)-(\d{1,19})-(\d{1,19})(?:-([0-9a-f]{8}))?\.parquet")


class FileName(Struct, frozen=True, order=True):
    """What the name of a file says. `generation` is empty for a batch as it was written."""

    spool_id: str
    first: int
    last: int
    generation: str = ""

    def __str__(self) -> str:
        generation = f"-{self.generation}" if self.generation else ""
        return f"{self.spool_id}-{self.first}-{self.last}{generation}{SUFFIX}"


def name_of(batch: Batch) -> FileName:
    """Return the name of the file that holds `batch`."""
    return FileName(batch.spool_id, batch.rows.first, batch.rows.last)


def merged_name(names: Iterable[FileName], *, generation: str) -> FileName:
    """Return the name of the file that holds what files of one spool hold."""
    parts = list(names)
    rows = RowRange(min(each.first for each in parts), max(each.last for each in parts))
    return FileName(parts[0].spool_id, rows.first, rows.last, generation)


def parse_file(name: str) -> FileName | None:
    """Return what `name` says, None for a file that is not ours."""
    parts = _FILE.fullmatch(name)
    if parts is None:
        return None
    return FileName(parts[1], int(parts[2]), int(parts[3]), parts[4] or "")


def day_name(day: int) -> str:
    """Return the name of a day, given in days since 1970-01-01 UTC."""
    return (_EPOCH + timedelta(days=day)).isoformat()


def parse_day(name: str) -> int | None:
    """Return the day that `name` means, None where it means none."""
    if _DAY.fullmatch(name) is None:
        return None
    try:
        return (date.fromisoformat(name) - _EPOCH).days
    except ValueError:
        return None


def today(now: float) -> int:
    """Return the day of `now`, UNIX seconds."""
    return int(now // DAY_SECONDS)
