"""For tests: a spool on a real file, and reports for it."""

import os
import random
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from collector.records import AcceptedReport, BatchLimits
from collector.spool.backlog import SpoolLimits
from collector.spool.file import ReportCompressor, SpoolReader
from collector.spool.writer import Spool

HOUR = 3_600
NOON = 1_700_049_600
ANY_SIZE = SpoolLimits()
PLENTY = 1 << 40
COMPRESSED_BYTES = len(ReportCompressor().compress(b"{}"))
# Takes as much room compressed.
LARGE = b"{" + random.Random(0).randbytes(300_000)


class SetClock:
    """A clock that a test sets, in UNIX seconds."""

    def __init__(self) -> None:
        self.now = float(NOON)

    def __call__(self) -> float:
        return self.now


@contextmanager
def open_spool(
    directory: Path,
    clock: SetClock | None = None,
    *,
    limits: SpoolLimits = ANY_SIZE,
    free_bytes: Callable[[Path], int] = lambda _: PLENTY,
) -> Iterator[Spool]:
    spool = Spool(
        directory / "spool.sqlite",
        clock=clock or SetClock(),
        random_bytes=os.urandom,
        limits=limits,
        free_bytes=free_bytes,
    )
    with closing(spool):
        yield spool


def accepted(
    key: str = "k", *, fingerprint: bytes | None = None, encoded: bytes = b"{}", at: int = NOON
) -> AcceptedReport:
    return AcceptedReport(key, at, encoded, fingerprint)


def read(directory: Path, after: int = 0, *, most: int = 1_000, size: int = 1 << 30) -> list[int]:
    with closing(SpoolReader(directory / "spool.sqlite")) as reader:
        batch = reader.read_after(after, through=2**63 - 1, limits=BatchLimits(most, size))
    return [] if batch is None else [each.row_id for each in batch.reports]
