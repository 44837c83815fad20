"""The records that pass from intake to spool to warehouse."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Final

from msgspec import Struct

DAY_SECONDS: Final = 24 * 3_600
RECEIVED_AT: Final = "receivedAt"
"""The column of the hour of receipt, UTC, which every warehouse adds to a report."""
REPORT_KEY: Final = "reportKey"
"""The column of the report's key, which some add."""
_DIGEST_BYTES: Final = 8


def cluster_tag(cluster_id: str) -> bytes:
    """Return a digest (8 bytes) by which a cluster's keys are found."""
    return blake2b(cluster_id.encode(), digest_size=_DIGEST_BYTES, person=b"cluster").digest()


class AcceptedReport(Struct, frozen=True):
    """A valid report on its way into the spool.

    `report_key` is its identity, 32 hex digits. `received_at` is the hour of receipt in UNIX
    seconds. `encoded` is the report as compact JSON, stamped. `fingerprint` (16 bytes) tells
    whether a repeat of the key carries the same report; None where the client gave no key, so
    that nothing needs to be remembered. `cluster_tag` is kept with the key, so that it is found
    when the cluster is to be forgotten.
    """

    report_key: str
    received_at: int
    encoded: bytes
    fingerprint: bytes | None
    cluster_tag: bytes = b""


class SpooledReport(Struct, frozen=True):
    """A row of the spool. `row_id` only grows and is never used twice."""

    row_id: int
    report_key: str
    received_at: int
    encoded: bytes

    @property
    def day(self) -> int:
        """The day of receipt, in days since 1970-01-01 UTC."""
        return self.received_at // DAY_SECONDS

    def line(self, *, with_key: bool) -> bytes:
        """Return the report as a line of JSON, with the columns that a warehouse adds to it."""
        # A key is hexadecimal digits, so nothing in it needs to be escaped.
        key = f',"{REPORT_KEY}":"{self.report_key}"' if with_key else ""
        received_at = datetime.fromtimestamp(self.received_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        added = f'{key},"{RECEIVED_AT}":"{received_at}"}}\n'
        return self.encoded.removesuffix(b"}") + added.encode()


class Watermark(Struct, frozen=True):
    """How far the rows of one spool are in a warehouse: through `last_id`, inclusive."""

    spool_id: str
    last_id: int


class RowRange(Struct, frozen=True):
    """Rows of a spool from `first` through `last`, inclusive; some may have been forgotten."""

    first: int
    last: int


class Batch(Struct, frozen=True):
    """Consecutive rows of one spool and of one day of receipt, oldest first; never empty."""

    spool_id: str
    reports: tuple[SpooledReport, ...]

    @property
    def rows(self) -> RowRange:
        """The first and the last row."""
        return RowRange(self.reports[0].row_id, self.reports[-1].row_id)

    @property
    def watermark(self) -> Watermark:
        """The watermark of a warehouse that holds this batch."""
        return Watermark(self.spool_id, self.reports[-1].row_id)

    @property
    def identity(self) -> str:
        """`SPOOL-FIRST-LAST-DIGEST`: equal for the same rows, and for no others.

        The digest (16 hex digits) is that of the report keys in the order of the rows: a spool
        that was restored from an older copy may give a number to another report.
        """
        keys = "\n".join(each.report_key for each in self.reports).encode()
        digest = blake2b(keys, digest_size=_DIGEST_BYTES).hexdigest()
        return f"{self.spool_id}-{self.rows.first}-{self.rows.last}-{digest}"


class BatchLimits(Struct, frozen=True):
    """How large a batch is best: at most `max_reports`, no more once they have `max_bytes`.

    Bytes are those of the reports as compact JSON; one report alone may have more.
    """

    max_reports: int
    max_bytes: int


def batches_of(
    reports: Iterable[SpooledReport], *, spool_id: str, limits: BatchLimits
) -> Iterator[Batch]:
    """Return reports in batches, each of one day."""
    gathered: list[SpooledReport] = []
    size = 0
    for each in reports:
        if gathered and each.day != gathered[0].day:
            yield Batch(spool_id, tuple(gathered))
            gathered, size = [], 0
        gathered.append(each)
        size += len(each.encoded)
        if len(gathered) >= limits.max_reports or size >= limits.max_bytes:
            yield Batch(spool_id, tuple(gathered))
            gathered, size = [], 0
    if gathered:
        yield Batch(spool_id, tuple(gathered))
