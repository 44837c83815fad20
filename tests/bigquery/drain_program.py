"""For tests: a drain of a spool into BigQuery, as a process that can be killed at any moment."""

import os
import resource
import sys
from collections.abc import Sequence
from contextlib import closing, nullcontext
from functools import partial
from pathlib import Path
from random import SystemRandom
from typing import Final

from collector.drain.channel import Directive
from collector.drain.loop import Drain, Pace, UpkeepSchedule
from collector.drain.messages import Message, Written
from collector.drain.trials import TRIAL_FILE, TrialFile, Trials
from collector.records import AcceptedReport, BatchLimits, SpooledReport
from collector.spool.file import SpoolReader
from collector.spool.writer import Spool
from collector.warehouse.bigquery.service import DEADLINES, Deadlines
from collector.warehouse.bigquery.testing import SHORT, TABLE
from collector.warehouse.bigquery.warehouse import LIMITS, open_bigquery
from collector.warehouse.testing import HOUR

SPOOL: Final = "spool.sqlite"
SMALL: Final = BatchLimits(max_reports=10, max_bytes=1024 * 1024)
"""Small batches, so that a few reports make many jobs."""


class _Collector:
    """The collector's end of a drain: deletes what was written, and waits for nothing."""

    def __init__(self, spool: Spool) -> None:
        self._spool: Final = spool

    def wait_for_work(self, at_most: float) -> Directive:
        del at_most
        return Directive.FINISH

    def pause(self, seconds: float) -> Directive:
        del seconds
        return Directive.FINISH

    def send(self, message: Message) -> None:
        if isinstance(message, Written):
            self._spool.delete_through(message.watermark)


def _refuse_dead_letter(report: SpooledReport, reason: str) -> None:
    raise AssertionError(f"row {report.row_id} became a dead letter: {reason}")


_NO_UPKEEP: Final = UpkeepSchedule(
    retention_days=None,
    expire_dead_letters=lambda: None,
    send=lambda _: None,
    now=lambda: HOUR,
    clock=lambda: 0.0,
)


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


def drain(
    data_dir: Path, url: str, *, limits: BatchLimits = SMALL, deadlines: Deadlines = SHORT
) -> None:
    """Drain the spool into `TABLE` of the fake at `url` until it is empty."""
    opener = partial(
        open_bigquery, TABLE, data_dir=data_dir, emulator=url, limits=limits, deadlines=deadlines
    )
    with (
        closing(_spool(data_dir)) as spool,
        closing(SpoolReader(data_dir / SPOOL)) as source,
    ):
        Drain(
            source,
            opener,
            _Collector(spool),
            pace=Pace(),
            trials=Trials(TrialFile(data_dir / TRIAL_FILE), spool_id=source.spool_id),
            lock=nullcontext,
            add_dead_letter=_refuse_dead_letter,
            upkeep=_NO_UPKEEP,
            jitter=SystemRandom().random,
            clock=lambda: 0.0,
        ).run()


def _spool(data_dir: Path) -> Spool:
    return Spool(data_dir / SPOOL, clock=lambda: HOUR, random_bytes=os.urandom)


def _main(data_dir: str, url: str, size: str) -> None:
    """Drain in batches of that size, and print the most memory that it took, in MiB."""
    if size == "full":
        drain(Path(data_dir), url, limits=LIMITS, deadlines=DEADLINES)
    else:
        drain(Path(data_dir), url)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    sys.stdout.write(f"{peak}\n")


if __name__ == "__main__":
    _main(*sys.argv[1:])
