"""Reports from what `export` gave, as batches that can be written again without doubling. Pure.

A file stands for a spool of its own: its ID is a digest of the content, its rows are the lines.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import blake2b
from typing import Final

import msgspec
from msgspec import Struct

import report
from collector.errors import CommandFailed
from collector.records import Batch, SpooledReport
from collector.warehouse import BatchLimits
from report import InvalidReport, ReportTooLarge

_KEY_BYTES: Final = 16
_KEY: Final = re.compile(r"[0-9a-f]{32}")
_HOUR: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_SECONDS_PER_HOUR: Final = 3_600


class _Stamp(Struct, frozen=True, rename="camel"):
    """What a line has besides its report."""

    received_at: str
    report_key: str | None = None


def reports_of(lines: Iterable[bytes], *, spool_id: str) -> Iterator[SpooledReport]:
    """Return the report in each line, numbered from 1. Raises `CommandFailed`, naming the line."""
    for number, line in enumerate(lines, start=1):
        try:
            yield _report_of(line, number, spool_id)
        except (InvalidReport, ReportTooLarge, msgspec.DecodeError, ValueError) as error:
            raise CommandFailed(
                f"line {number} is not a report as export writes it: {error}"
            ) from None


def batches_of(
    reports: Iterable[SpooledReport], *, spool_id: str, limits: BatchLimits
) -> Iterator[Batch]:
    """Return reports in batches, each of one day."""
    gathered: list[SpooledReport] = []
    size = 0
    for each in reports:
        is_full = len(gathered) >= limits.max_reports or size >= limits.max_bytes
        if gathered and (is_full or each.day != gathered[0].day):
            yield Batch(spool_id, tuple(gathered))
            gathered, size = [], 0
        gathered.append(each)
        size += len(each.encoded)
    if gathered:
        yield Batch(spool_id, tuple(gathered))


def _report_of(line: bytes, number: int, spool_id: str) -> SpooledReport:
    received = report.decode(line)
    stamp = msgspec.json.decode(line, type=_Stamp)
    if _HOUR.fullmatch(stamp.received_at) is None:
        raise ValueError("$.receivedAt must be an hour, such as 2026-11-25T07:00:00Z")
    moment = msgspec.convert(stamp.received_at, datetime)
    hour = int(moment.timestamp()) // _SECONDS_PER_HOUR * _SECONDS_PER_HOUR
    encoded = report.encode(msgspec.structs.replace(received, timestamp=str(hour)))
    key = stamp.report_key if _KEY.fullmatch(stamp.report_key or "") else None
    return SpooledReport(number, key or _key(spool_id, number), hour, encoded)


def _key(spool_id: str, number: int) -> str:
    return blake2b(f"{spool_id} {number}".encode(), digest_size=_KEY_BYTES).hexdigest()
