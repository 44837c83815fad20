"""For tests: a drain of a spool into BigQuery, as a process that can be killed at any moment."""

import os
import sys
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from random import SystemRandom
from typing import Final

from collector.drain.loop import Drain, Pace, Signal
from collector.drain.messages import Message, Written
from collector.records import AcceptedReport, SpooledReport
from collector.spool.reader import SpoolReader
from collector.spool.writer import Spool
from collector.warehouse import BatchLimits
from collector.warehouse.bigquery.testing import HOUR, SHORT, TABLE
from collector.warehouse.bigquery.warehouse import open_bigquery

SPOOL: Final = "spool.sqlite"
SMALL: Final = BatchLimits(max_reports=10, max_bytes=1024 * 1024)
"""Small batches, so that a few reports make many jobs."""


class _Collector:
    """The collector's end of a drain: deletes what was written, and waits for nothing."""

    def __init__(self, spool: Spool) -> None:
        self._spool: Final = spool

    def wait_for_work(self) -> Signal:
        return Signal.FINISH

    def rest(self, seconds: float) -> Signal:
        del seconds
        return Signal.FINISH

    def tell(self, message: Message) -> None:
        if isinstance(message, Written):
            self._spool.delete_through(message.watermark)


def fill(data_dir: Path, reports: Sequence[SpooledReport]) -> None:
    """Make a data directory with these reports in its spool."""
    data_dir.mkdir(exist_ok=True)
    with closing(_spool(data_dir)) as spool:
        for each in reports:
            spool.add(AcceptedReport(each.report_key, HOUR, each.encoded, None))
        spool.commit()


def left_in(data_dir: Path) -> int:
    """Return how many reports wait in the spool."""
    with closing(SpoolReader(data_dir / SPOOL)) as reader:
        return reader.last_id() + 1 - reader.first_unread()


def drain(data_dir: Path, url: str, limits: BatchLimits = SMALL) -> None:
    """Drain the spool into `TABLE` of the fake at `url` until it is empty."""
    opener = partial(
        open_bigquery, TABLE, data_dir=data_dir, emulator=url, limits=limits, deadlines=SHORT
    )
    with (
        closing(_spool(data_dir)) as spool,
        closing(SpoolReader(data_dir / SPOOL)) as source,
    ):
        jitter = SystemRandom().random
        Drain(
            source, opener, _Collector(spool), pace=Pace(), jitter=jitter, clock=lambda: 0.0
        ).run()


def _spool(data_dir: Path) -> Spool:
    return Spool(data_dir / SPOOL, clock=lambda: HOUR, random_bytes=os.urandom)


if __name__ == "__main__":
    drain(Path(sys.argv[1]), sys.argv[2])
