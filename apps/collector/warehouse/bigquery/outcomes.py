"""How a load job stands, and what that means for the rows that it is to load. Pure.

A load job is all or nothing: one that ends in an error has loaded no row.
https://cloud.google.com/bigquery/docs/reference/rest/v2/Job#JobStatus
"""

import re
from typing import Final, TypeAlias

from msgspec import Struct

from collector.warehouse.bigquery.failures import MENDING_SECONDS, QUOTA_SECONDS
from collector.warehouse.bigquery.schema import Shape

# As in "file-00000000: JSON parsing error in row starting at position 9066621: . No such field: x".
# What follows may quote the row, so the first match counts, and the second group right after it.
# A column that was added takes a while to be known everywhere, and no row can help that.
_ROW: Final = re.compile(
    r"\bin row starting at position (\d{1,18})\b(:[\s.]*no such field\b)?", re.IGNORECASE
)
_SCHEMA: Final = "Provided Schema does not match"
_LONGEST_QUOTE: Final = 200
# Messages of these are about the table and the account; others may quote a row.
_TOLD_IN_FULL: Final = frozenset({"accessDenied", "billingNotEnabled", "blocked", "notFound"})
_MENDED_BY_PEOPLE: Final = frozenset({*_TOLD_IN_FULL, "invalid", "invalidQuery"})


class JobError(Struct, frozen=True):
    """An entry in a job's `errors`. https://cloud.google.com/bigquery/docs/error-messages"""

    reason: str = ""
    message: str = ""

    @property
    def position(self) -> int | None:
        """Where in the file the row begins that is at fault; None where no row is."""
        match = _ROW.search(self.message) if self.reason == "invalid" else None
        return int(match[1]) if match and not match[2] else None


class JobStatus(Struct, frozen=True):
    """What BigQuery says of a job."""

    is_done: bool
    errors: tuple[JobError, ...] = ()
    """Empty for a job that succeeded. Of one that failed the first is the final one."""

    shape: Shape = ()
    """Of the columns that it was given."""


class UnderWay(Struct, frozen=True):
    """The job waits or runs."""


class Loaded(Struct, frozen=True):
    """All rows are in the table."""


class RowsRefused(Struct, frozen=True):
    """No row is in the table, and some do not fit its columns: `reasons` by position in the file.

    A reason may quote its row. `shape` is that of the columns which the job was given.
    """

    reasons: dict[int, str]
    shape: Shape


class Failed(Struct, frozen=True):
    """No row is in the table, for a reason that is no row's fault. `reason` quotes none.

    `retry_after` is in seconds, None where nobody knows.
    """

    reason: str
    retry_after: float | None


Outcome: TypeAlias = UnderWay | Loaded | RowsRefused | Failed


def judge(status: JobStatus) -> Outcome:
    """Return what a job's status means."""
    if not status.is_done:
        return UnderWay()
    if not status.errors:
        return Loaded()
    reasons = {
        error.position: error.message for error in status.errors if error.position is not None
    }
    return RowsRefused(reasons, status.shape) if reasons else _failed(status.errors)


def _failed(errors: tuple[JobError, ...]) -> Failed:
    final = errors[0]
    if final.reason == "quotaExceeded":
        return Failed("the quota for load jobs is exhausted (quotaExceeded)", QUOTA_SECONDS)
    is_told = final.reason in _TOLD_IN_FULL or final.message.startswith(_SCHEMA)
    quote = f": {final.message.partition(chr(10))[0][:_LONGEST_QUOTE]}" if is_told else ""
    retry_after = MENDING_SECONDS if final.reason in _MENDED_BY_PEOPLE else None
    return Failed(f"a load job failed ({final.reason or 'without a reason'}{quote})", retry_after)
