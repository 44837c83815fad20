"""What the collector does about the messages of its drain: deletes, logs, counts, and watches."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import KW_ONLY, dataclass, field
from typing import Final

from structlog.stdlib import BoundLogger

from collector.drain.messages import (
    Billed,
    Emptied,
    Message,
    Notice,
    Opened,
    Released,
    ReleaseFailed,
    Scheduled,
    Unavailable,
    Unusable,
    Written,
)
from collector.errors import DrainFailed, SpoolUnavailable, WarehouseUnusable
from collector.records import Watermark
from collector.spool.writer import Spool
from collector.telemetry.metrics import Metrics

_AWAY: Final = "the warehouse takes no reports; they wait"
_STALLED: Final = "reports are due and the drain has written none for a while"
_UNRELEASED: Final = "no release can be made now; the log says why"


@dataclass(eq=False)
class DrainMonitor:
    """Follows the drain of one spool, through all the processes that do it."""

    spool: Spool
    _: KW_ONLY
    due_seconds: float
    """The drain is stalled when none of the rows is written that waited so long."""
    log: BoundLogger
    metrics: Metrics
    clock: Callable[[], float]
    on_released: Callable[[], None] = lambda: None
    """Called when there is another release."""
    opened: Future[None] = field(default_factory=Future, init=False)
    """Done once the warehouse was open, or with why it cannot be opened."""
    is_emptied: bool = field(default=False, init=False)
    _failure: str | None = field(default=None, init=False)
    _release_failure: str | None = field(default=None, init=False)
    _is_logging: bool = field(default=False, init=False)
    _is_stalled: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._progress_at = self.clock()

    @property
    def reason(self) -> str:
        """Why the warehouse is not open yet."""
        return self._failure or "the warehouse does not open"

    def begin_to_log(self) -> None:
        """Log failures from now on: until then the start of the collector fails with them."""
        self._is_logging = True
        if not self.opened.done():
            self.log.error(_AWAY, reason=self.reason)

    def notices(self) -> tuple[str, ...]:
        """Return what an operator should know, though reports are accepted."""
        found = {_STALLED: self._is_stalled, _UNRELEASED: self._release_failure is not None}
        return tuple(notice for notice, applies in found.items() if applies)

    def check_progress(self) -> None:
        """Notice, and log once, that rows are due and none was written for a while."""
        idle = self.clock() - self._progress_at
        waiting = self.spool.backlog()
        is_stalled = min(idle, waiting.oldest_seconds) > self.due_seconds
        if is_stalled and not self._is_stalled:
            self.log.error(
                _STALLED, reports=waiting.reports, seconds=round(idle), reason=self._failure
            )
        self._is_stalled = is_stalled
        self.metrics.drain_stalled(is_stalled=is_stalled)

    def take(self, message: Message) -> None:
        """Do what a message asks for. Raises `DrainFailed`."""
        match message:
            case Written(watermark, reports, seconds):
                self._progress_at = self.clock()
                self.metrics.drained(reports, seconds=seconds)
                self._recover()
                self._delete_through(watermark)
            case Opened(watermark):
                self._open(watermark)
            case Unavailable(reason):
                self.failed(reason)
            case Unusable(reason):
                self._explain(reason)
                if not self.opened.done():
                    self.opened.set_exception(WarehouseUnusable(reason))
            case Notice(level, event, fields):
                self.log.log(level, event, **fields)
            case Released() | Billed() | ReleaseFailed() | Scheduled():
                self._take_release(message)
            case Emptied():
                self.is_emptied = True

    def failed(self, reason: str) -> None:
        """Count a failure, and log why nothing is drained."""
        self.metrics.drain_failed()
        self._explain(reason)

    def exited(self) -> None:
        """Take note that the process has exited."""
        if not self.opened.done():
            why = f": {self._failure}" if self._failure else ""
            self.opened.set_exception(DrainFailed(f"the drain does not start{why}"))

    def _open(self, watermark: Watermark | None) -> None:
        if watermark is not None:
            try:
                if self.spool.number_above(watermark):
                    self.log.warning("the spool is older than the warehouse; it is renumbered")
            except SpoolUnavailable as error:
                # Accepting reports now could give out numbers that the warehouse has passed.
                raise DrainFailed(str(error)) from error
            self._delete_through(watermark)
        if not self.opened.done():
            self.opened.set_result(None)

    def _delete_through(self, watermark: Watermark) -> None:
        try:
            self.spool.delete_through(watermark)
        except SpoolUnavailable:
            # The rows stay until a later watermark; the commits show that the disk is in trouble.
            self.log.debug("rows that were drained cannot be deleted yet")

    def _take_release(self, message: Released | Billed | ReleaseFailed | Scheduled) -> None:
        match message:
            case Released(_, seconds):
                if seconds is not None:
                    self.metrics.released(seconds=seconds)
                self.on_released()
            case Billed(bytes_billed):
                self.metrics.billed(bytes_billed)
            case Scheduled(next_due, released_through):
                self._release_failure = None
                self.metrics.scheduled(next_due, released_through=released_through)
            case ReleaseFailed(reason):
                self.metrics.release_failed()
                if reason != self._release_failure:
                    self._release_failure = reason
                    self.log.error("no release can be made now; it is tried again", reason=reason)

    def _recover(self) -> None:
        if self._failure is not None:
            self._failure = None
            self.log.info("the warehouse takes reports again")

    def _explain(self, reason: str) -> None:
        """Log why nothing is drained, once for as long as the reason stays the same."""
        if reason != self._failure:
            self._failure = reason
            if self._is_logging:
                self.log.error(_AWAY, reason=reason)
