"""Reports as a file that BigQuery loads: one line of JSON a row. Pure.

https://cloud.google.com/bigquery/docs/loading-data-cloud-storage-json
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate

from collector.records import SpooledReport


@dataclass(frozen=True)
class RowFile:
    """Rows as BigQuery reads them."""

    content: bytes

    starts: tuple[int, ...]
    """At which byte each row begins."""

    def row_at(self, position: int) -> int | None:
        """Return the number of the row, from 0, that holds a byte; None where none does."""
        if not 0 <= position < len(self.content):
            return None
        return bisect_right(self.starts, position) - 1


def encode_rows(reports: Iterable[SpooledReport]) -> RowFile:
    """Return reports as rows: their own bytes, and the two columns that are added to them."""
    lines = [_line(each) for each in reports]
    starts = accumulate((len(line) for line in lines[:-1]), initial=0)
    return RowFile(b"".join(lines), tuple(starts))


def _line(report: SpooledReport) -> bytes:
    # Keys are hexadecimal digits, so nothing in them needs to be escaped.
    received_at = datetime.fromtimestamp(report.received_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    added = f',"reportKey":"{report.report_key}","receivedAt":"{received_at}"}}\n'
    return report.encoded.removesuffix(b"}") + added.encode()
