"""What passes from intake to spool to database."""

from msgspec import Struct


class AcceptedReport(Struct, frozen=True):
    """A valid report on its way into the spool.

    `report_key` is its identity, 32 hex digits. `received_at` is the hour of receipt in UNIX
    seconds. `encoded` is the report as compact JSON, stamped. `fingerprint` (16 bytes) tells
    whether a repeat of the key carries the same report; None where the client gave no key, so
    that nothing needs to be remembered.
    """

    report_key: str
    received_at: int
    encoded: bytes
    fingerprint: bytes | None


class SpooledReport(Struct, frozen=True):
    """A row of the spool. `row_id` grows for ever and is never used twice."""

    row_id: int
    report_key: str
    received_at: int
    encoded: bytes


class Watermark(Struct, frozen=True):
    """How far the rows of one spool are in a database: through `last_id`, inclusive."""

    spool_id: str
    last_id: int


class Batch(Struct, frozen=True):
    """Consecutive rows of one spool, oldest first; never empty."""

    spool_id: str
    reports: tuple[SpooledReport, ...]

    @property
    def watermark(self) -> Watermark:
        """How far a database is once it holds this batch."""
        return Watermark(self.spool_id, self.reports[-1].row_id)
