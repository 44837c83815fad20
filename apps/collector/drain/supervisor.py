"""Keeps a drain running, and deletes from the spool what it has written."""

import enum
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final, Protocol

from structlog.stdlib import BoundLogger

from collector.drain.launch import DrainProcess
from collector.drain.messages import (
    Command,
    Emptied,
    Expired,
    Finish,
    Lacking,
    Message,
    Missing,
    Opened,
    Unavailable,
    Unusable,
    UpkeepFailed,
    Wake,
    Written,
)
from collector.errors import (
    CollectorError,
    DrainFailed,
    SpoolUnavailable,
    WarehouseUnavailable,
    WarehouseUnusable,
)
from collector.records import Watermark
from collector.spool.backlog import Backlog
from collector.telemetry.metrics import Metrics

_MOST_DOUBLINGS: Final = 16
_AWAY: Final = "the warehouse takes no reports; they wait"
_STALLED: Final = "reports are due and the drain has written none for a while"


class DrainedSpool(Protocol):
    """What a supervisor does to a spool; see `collector.spool.writer.Spool`."""

    def delete_through(self, watermark: Watermark) -> None:
        """Delete what the warehouse holds."""

    def backlog(self) -> Backlog:
        """Return what waits."""

    def number_above(self, watermark: Watermark) -> bool:
        """Number the reports to come above the watermark; return whether that was a change."""


class DrainOutcome(enum.Enum):
    """What a drain had done when it exited."""

    EMPTIED = "emptied"
    LEFT_OVER = "left over"
    DIED = "died"
    """It said that all was written, and then exited with an error."""


@dataclass(frozen=True)
class RestartPolicy:
    """How long the supervisor waits for what."""

    opening_seconds: float = 15.0
    """For the warehouse to be opened when the collector starts."""

    first_restart_seconds: float = 0.5
    """Before a drain that died is started again; doubles with each death that follows."""

    last_restart_seconds: float = 30.0
    """The longest pause before a drain is started again."""

    stalled_seconds: float = 60.0
    """How long nothing may be written that is due."""

    check_seconds: float = 5.0
    """How often that is checked."""


class DrainSupervisor:
    """Starts a drain, starts it again when it dies, and stops it."""

    def __init__(
        self,
        launch: Callable[[], DrainProcess],
        spool: DrainedSpool,
        *,
        log: BoundLogger,
        policy: RestartPolicy,
        metrics: Metrics,
        may_be_away: bool = False,
        batch_seconds: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`launch` starts a drain, or raises `DrainFailed`.

        `may_be_away` says that a start need not wait for the warehouse: it keeps no watermark.
        Rows wait `batch_seconds` before they are due. `clock` gives seconds, never goes back.
        """
        self._due_seconds: Final = batch_seconds + policy.stalled_seconds
        self._clock: Final = clock
        self._progress_at = clock()
        self._is_stalled = False
        self._may_be_away: Final = may_be_away
        self._launch: Final = launch
        self._spool: Final = spool
        self._log: Final = log
        self._policy: Final = policy
        self._metrics: Final = metrics
        self._thread: Final = threading.Thread(target=self._supervise, name="drain", daemon=True)
        self._first_opening: Final[Future[None]] = Future()
        self._stopping: Final = threading.Event()
        self._grace_over: Final = threading.Event()
        self._process: DrainProcess | None = None
        self._outcome = DrainOutcome.LEFT_OVER
        self._complaint: str | None = None
        self._lacking: tuple[str, ...] = ()
        self._has_started = False
        self._deaths = 0

    def start(self) -> None:
        """Start the drain and wait until the warehouse is open.

        No report may be accepted earlier, because the warehouse's watermark may be above the
        numbers of the spool. One that keeps no watermark is waited for as well, so that what is
        wrong with it shows at once; but when it is away, reports are accepted all the same.
        Raises `WarehouseUnusable`, `WarehouseUnavailable` or `DrainFailed`.
        """
        self._thread.start()
        threading.Thread(target=self._watch, name="drain watch", daemon=True).start()
        try:
            self._first_opening.result(self._policy.opening_seconds)
        except CollectorError:
            self.finish(grace_seconds=0)
            raise
        except TimeoutError as error:
            reason = self._complaint or "the warehouse does not open"
            if not self._may_be_away:
                self.finish(grace_seconds=0)
                raise WarehouseUnavailable(reason) from error
            self._log.error(_AWAY, reason=reason)
        self._has_started = True

    def notices(self) -> tuple[str, ...]:
        """Return what an operator should know, though reports are accepted. Never waits."""
        return (_STALLED,) if self._is_stalled else ()

    def wake(self) -> None:
        """Let the drain know that rows were committed. Never waits."""
        self._send(Wake())

    def finish(self, *, grace_seconds: float) -> DrainOutcome:
        """Let the drain empty the spool, for `grace_seconds` at most, and stop it.

        One that died is started once more for that.
        """
        if grace_seconds <= 0:
            self._grace_over.set()
        self._stopping.set()
        self._send(Finish())
        self._thread.join(grace_seconds)
        self._grace_over.set()
        process = self._process
        if process is not None:
            process.disconnect()
        self._thread.join()
        return self._outcome

    def _watch(self) -> None:
        while not self._stopping.wait(self._policy.check_seconds):
            self._check_progress()

    def _check_progress(self) -> None:
        """Notice, and log once, that rows are due and nothing was written for a while."""
        still = self._clock() - self._progress_at
        waiting = self._spool.backlog()
        is_stalled = min(still, waiting.oldest_seconds) > self._due_seconds
        if is_stalled and not self._is_stalled:
            self._log.error(
                _STALLED, reports=waiting.reports, seconds=round(still), reason=self._complaint
            )
        self._is_stalled = is_stalled
        self._metrics.drain_stalled(is_stalled=is_stalled)

    def _send(self, command: Command) -> None:
        process = self._process
        if process is not None:
            process.send(command)

    def _supervise(self) -> None:
        is_last = False
        while not is_last and not self._is_over():
            is_last = self._stopping.is_set()
            try:
                self._run_once()
            except DrainFailed as error:
                self._metrics.drain_failed()
                self._complain(str(error))
            if not self._first_opening.done():
                self._first_opening.set_exception(DrainFailed("the drain does not start"))
            if not self._stopping.is_set():
                self._pause()

    def _is_over(self) -> bool:
        return self._outcome is not DrainOutcome.LEFT_OVER or self._grace_over.is_set()

    def _pause(self) -> None:
        pause = self._policy.first_restart_seconds * 2**self._deaths
        self._stopping.wait(min(pause, self._policy.last_restart_seconds))
        self._deaths = min(self._deaths + 1, _MOST_DOUBLINGS)

    def _run_once(self) -> None:
        process = self._launch()
        self._process = process
        self._metrics.drain_started(process.pid)
        if self._stopping.is_set():
            process.send(Finish())  # `finish` may have looked for it too early
        if self._grace_over.is_set():
            process.disconnect()
        try:
            for message in process.messages():
                self._take(message)
        finally:
            self._process = None
            status = process.reap()
        if self._outcome is DrainOutcome.EMPTIED and status != 0:
            self._outcome = DrainOutcome.DIED
            self._log.error("the drain said that all is written, and then died", status=status)
        if not self._stopping.is_set():
            self._metrics.drain_failed()
            self._log.error("the drain exited and is started again", status=status)

    def _take(self, message: Message) -> None:
        match message:
            case Written(watermark, reports, seconds):
                self._progress_at = self._clock()
                self._metrics.drained(reports, seconds=seconds)
                self._written(watermark)
            case Opened(watermark):
                self._opened(watermark)
            case Unavailable(reason):
                self._metrics.drain_failed()
                self._complain(reason)
            case Unusable(reason):
                self._complain(reason)
                if not self._first_opening.done():
                    self._first_opening.set_exception(WarehouseUnusable(reason))
            case Emptied():
                self._outcome = DrainOutcome.EMPTIED
            case _:
                self._note(message)

    def _note(self, message: Message) -> None:
        """Log what an operator should know of."""
        match message:
            case Missing(count):
                self._log.warning(
                    "reports that left the spool are not in this warehouse: they went to another,"
                    " or it was restored from an older copy",
                    reports=count,
                )
            case Lacking(columns):
                self._lacks(columns)
            case UpkeepFailed(reason):
                self._log.warning("upkeep of the warehouse fails and is tried again", reason=reason)
            case Expired(count):
                self._log.info("reports older than the retention were deleted", reports=count)

    def _opened(self, watermark: Watermark | None) -> None:
        if watermark is not None:
            try:
                if self._spool.number_above(watermark):
                    self._log.warning("the spool is older than the warehouse; it is numbered anew")
            except SpoolUnavailable as error:
                # Accepting reports now could give out numbers that the warehouse has passed.
                raise DrainFailed(str(error)) from error
            self._delete_through(watermark)
        if not self._first_opening.done():
            self._first_opening.set_result(None)

    def _lacks(self, columns: tuple[str, ...]) -> None:
        """Log what is not kept, once and not whenever the warehouse is opened anew."""
        if columns != self._lacking:
            self._lacking = columns
            self._log.warning(
                "the table lacks columns, and these credentials may not add them;"
                " what reports hold there is not kept",
                columns=columns,
            )

    def _written(self, watermark: Watermark) -> None:
        self._deaths = 0
        if self._complaint is not None:
            self._complaint = None
            self._log.info("the warehouse takes reports again")
        self._delete_through(watermark)

    def _delete_through(self, watermark: Watermark) -> None:
        try:
            self._spool.delete_through(watermark)
        except SpoolUnavailable:
            # The rows stay until a later watermark; the commits tell that the disk is in trouble.
            self._log.debug("rows that were drained cannot be deleted yet")

    def _complain(self, reason: str) -> None:
        """Log why nothing is drained, once for as long as it stays so."""
        if reason != self._complaint:
            self._complaint = reason
            if self._has_started:
                self._log.error(_AWAY, reason=reason)
