"""For tests: a drain with all that it needs in memory, and processes that misbehave."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

from collector.drain.channel import Directive
from collector.drain.loop import Drain, Pace, UpkeepSchedule
from collector.drain.messages import DrainSettings, Message
from collector.drain.supervisor import DrainProcess, launch_drain
from collector.drain.trials import Trial, TrialFile, Trials
from collector.errors import WarehouseUnavailable
from collector.records import DAY_SECONDS, Batch, BatchLimits, RowRange, SpooledReport, Watermark
from collector.spool.file import SpoolReader
from collector.warehouse import Warehouse
from collector.warehouse.parquet import ParquetFolder

SPOOL = "s1"
PACE = Pace(batch_seconds=60, count_seconds=10)


class Rows(SpoolReader):
    """A spool in memory: so many rows, of which the first were deleted, so many a day."""

    def __init__(self, count: int, *, deleted: int = 0, a_day: int = 1_000) -> None:
        self.spool_id = SPOOL
        self.count = count
        self.deleted = deleted
        self.a_day = a_day

    def read_after(self, row_id: int, *, through: int, limits: BatchLimits) -> Batch | None:
        first = max(row_id, self.deleted) + 1
        ids = range(first, min(first + limits.max_reports, through + 1, self.count + 1))
        rows = [each for each in map(self._row, ids) if each.day == self._row(first).day]
        return Batch(SPOOL, tuple(rows)) if rows else None

    def read_range(self, rows: RowRange) -> Batch | None:
        ids = range(max(rows.first, self.deleted + 1), rows.last + 1)
        return Batch(SPOOL, tuple(map(self._row, ids))) if ids else None

    def first_unread(self) -> int:
        return self.deleted + 1

    def last_id(self) -> int:
        return self.count

    def _row(self, row_id: int) -> SpooledReport:
        day = (row_id - 1) // self.a_day
        return SpooledReport(row_id, f"k{row_id}", day * DAY_SECONDS, b"{}")


class KeptRows(Warehouse):
    """A warehouse in memory that outlives being closed and opened."""

    def __init__(self, *, keeps_watermark: bool = True) -> None:
        self.ids: list[int] = []
        self.limits = BatchLimits(2, 1_000)
        self.batches: list[RowRange] = []
        self.written: Watermark | None = None
        self.pending_rows: RowRange | None = None
        self.keeps_watermark = keeps_watermark
        self.failures: list[str] = []
        self.retry_after: float | None = None
        self.opened = 0
        self.closed = 0

    def open(self) -> "KeptRows":
        if self.failures and self.failures[0] == "open":
            raise WarehouseUnavailable(self.failures.pop(0))
        self.opened += 1
        return self

    def watermark(self, spool_id: str) -> Watermark | None:
        assert spool_id == SPOOL
        return self.written

    def pending(self, spool_id: str) -> RowRange | None:
        assert spool_id == SPOOL
        return self.pending_rows

    def write(self, batch: Batch) -> None:
        failure = self.failures.pop(0) if self.failures else ""
        if failure == "before":
            raise WarehouseUnavailable(failure, self.retry_after)
        if failure == "half":
            self.ids.append(batch.rows.first)
            half = WarehouseUnavailable(failure)
            half.written = 1
            raise half
        self.batches.append(batch.rows)
        self.ids += [each.row_id for each in batch.reports]
        if self.keeps_watermark:
            self.written = batch.watermark
        if failure == "after":
            raise WarehouseUnavailable(failure)

    def close(self) -> None:
        self.closed += 1


class ScriptedChannel:
    """A connection to a collector that follows a script of what `wait_for_work` returns."""

    def __init__(self, *script: Directive, before: Callable[[], None] = lambda: None) -> None:
        self.script = list(script) or [Directive.FINISH]
        self.messages: list[Message] = []
        self.pauses: list[float] = []
        self.before = before
        self.now = 0.0
        self.state = Directive.CONTINUE

    def wait_for_work(self, at_most: float) -> Directive:
        assert at_most >= 0
        self.before()
        if len(self.script) > 1:
            return self.script.pop(0)
        self.state = self.script[0]
        return self.state

    def pause(self, seconds: float) -> Directive:
        if seconds > 0:
            self.pauses.append(seconds)
            self.now += seconds
        return self.state

    def send(self, message: Message) -> None:
        self.messages.append(message)


class NotedTrial(TrialFile):
    """A trial in memory, which a drain died in."""

    def __init__(self, trial: Trial | None = None) -> None:
        super().__init__(Path("in memory"))
        self.trial = trial
        self.saved: list[Trial | None] = []

    def load(self) -> Trial | None:
        return self.trial

    def save(self, trial: Trial | None) -> None:
        self.saved.append(trial)


def no_upkeep() -> UpkeepSchedule:
    return UpkeepSchedule(
        retention_days=None,
        expire_dead_letters=lambda: None,
        send=lambda _: None,
        now=lambda: 0.0,
        clock=lambda: 0.0,
    )


def drain(
    rows: Rows,
    store: KeptRows,
    channel: ScriptedChannel,
    *,
    jitter: float = 0.0,
    trials: NotedTrial | None = None,
) -> list[int]:
    """Drain; return the rows that became dead letters."""
    dead_letters: list[int] = []
    Drain(
        rows,
        store.open,
        channel,
        pace=PACE,
        trials=Trials(trials or NotedTrial(), spool_id=SPOOL),
        lock=nullcontext,
        add_dead_letter=lambda report, _: dead_letters.append(report.row_id),
        upkeep=no_upkeep(),
        jitter=lambda: jitter,
        clock=lambda: channel.now,
    ).run()
    return dead_letters


class Launcher:
    """Starts drains into a folder, the first ones of other classes, and keeps the last one."""

    def __init__(self, directory: Path, *classes: type[DrainProcess]) -> None:
        self.directory = directory
        self.folder = directory / "reports"
        self.last: DrainProcess | None = None
        self._classes = list(classes)

    def __call__(self) -> DrainProcess:
        self.last = launch_drain(
            DrainSettings(
                spool=str(self.directory / "spool.sqlite"),
                warehouse=ParquetFolder(self.folder).text,
                batch_seconds=0.1,
            )
        )
        if self._classes:
            self.last.__class__ = self._classes.pop(0)
        return self.last

    def has_replaced(self, earlier: DrainProcess) -> bool:
        return self.last is not earlier


class DiesEmptied(DrainProcess):
    """A drain that is killed once it has sent that all is written."""

    def reap(self) -> int:
        super().reap()
        return -9


class Incomprehensible(DrainProcess):
    """A drain whose second message causes an error that nobody expected."""

    def messages(self) -> Iterator[Message]:
        yield next(super().messages())
        raise KeyError("c-1 of acme")
