"""Keeps a drain running: starts it, starts it again when it dies, and stops it."""

import enum
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass, field
from typing import Final

from structlog.stdlib import BoundLogger

from collector.drain.channel import CommandSender, encode, messages_from
from collector.drain.messages import DrainSettings, Finish, Message, Written
from collector.drain.monitor import DrainMonitor
from collector.errors import CollectorError, DrainFailed, WarehouseUnavailable
from collector.spool.writer import Spool
from collector.telemetry.metrics import Metrics
from command_line.errors import defect_in_words

# Its name as text: importing the module would load the libraries of the warehouses here.
_MODULE: Final = "collector.drain.process"
_REAP_SECONDS: Final = 5.0


class DrainProcess:
    """A running drain."""

    def __init__(self, process: "subprocess.Popen[bytes]", connection: socket.socket) -> None:
        self._process: Final = process
        self.connection: Final = connection

    @property
    def pid(self) -> int:
        """Its process ID."""
        return self._process.pid

    def messages(self) -> Iterator[Message]:
        """Return what the drain sends, until it exits. Raises `DrainFailed`."""
        return messages_from(self.connection)

    def disconnect(self) -> None:
        """Let the drain exit, whatever is left in the spool."""
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def reap(self) -> int:
        """Disconnect, wait until the drain exits, and return its status."""
        self.disconnect()
        try:
            status = self._process.wait(_REAP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        self.connection.close()
        return status


def launch_drain(settings: DrainSettings) -> DrainProcess:
    """Start a drain. Raises `DrainFailed`.

    It works in a venv-mode PEX too: its interpreter finds the module.
    """
    # -P: a file in the working directory must not stand in for a module.
    command = [sys.executable, "-P", "-m", _MODULE, encode(settings).decode().strip()]
    try:
        ours, its = socket.socketpair()
        with its:
            process = subprocess.Popen(command, stdin=its.fileno())  # noqa: S603 - no shell
    except OSError as error:
        raise DrainFailed(f"the drain cannot be started: {error.strerror}") from error
    return DrainProcess(process, ours)


class DrainOutcome(enum.Enum):
    """What a drain had done when it exited."""

    EMPTIED = "emptied"
    LEFT_OVER = "left over"
    DIED = "died"
    """It sent that all was written, and then exited with an error."""


@dataclass(frozen=True)
class RestartPolicy:
    """When a drain that died is started again, and how long the supervisor waits otherwise."""

    first_restart_seconds: float = 0.5
    """The pause after a death; it doubles with each that follows, until something is written."""

    last_restart_seconds: float = 30.0
    """The longest such pause."""

    opening_seconds: float = 15.0
    """How long the collector waits at its start until the warehouse is open."""

    stalled_seconds: float = 60.0
    """How long rows may be due while none is written."""

    check_seconds: float = 5.0
    """How often that is checked."""


@dataclass(eq=False)
class DrainSupervisor:
    """Supervises the drain of one spool."""

    launch: Callable[[], DrainProcess]
    """Starts a drain, or raises `DrainFailed`."""
    spool: Spool
    _: KW_ONLY
    log: BoundLogger
    policy: RestartPolicy
    metrics: Metrics
    may_be_away: bool = False
    """Whether a start need not wait for the warehouse, because it keeps no watermark."""
    batch_seconds: float = 60.0
    """How long rows wait before they are due."""
    on_released: Callable[[], None] = lambda: None
    """Called, by a thread of this supervisor, when there is another release."""
    commands: CommandSender = field(default_factory=CommandSender, init=False)
    """Sends to the drain that runs, from any thread."""
    _process: DrainProcess | None = field(default=None, init=False)
    _outcome: DrainOutcome = field(default=DrainOutcome.LEFT_OVER, init=False)

    def __post_init__(self) -> None:
        self._monitor = DrainMonitor(
            self.spool,
            due_seconds=self.batch_seconds + self.policy.stalled_seconds,
            log=self.log,
            metrics=self.metrics,
            clock=time.monotonic,
            on_released=self.on_released,
        )
        self._thread = threading.Thread(target=self._supervise, name="drain", daemon=True)
        self._stopping = threading.Event()
        self._grace_over = threading.Event()
        self._restart_seconds = self.policy.first_restart_seconds

    def start(self) -> None:
        """Start the drain and wait until the warehouse is open.

        No report may be accepted earlier, because the warehouse's watermark may be above the
        numbers of the spool. A warehouse that keeps none is waited for as well, so that an error
        shows at once; but when it is away, reports are accepted all the same.
        Raises `WarehouseUnusable`, `WarehouseUnavailable` or `DrainFailed`.
        """
        self._thread.start()
        threading.Thread(target=self._watch, name="drain watch", daemon=True).start()
        try:
            self._monitor.opened.result(self.policy.opening_seconds)
        except CollectorError:
            self.finish(grace_seconds=0)
            raise
        except TimeoutError as error:
            if not self.may_be_away:
                self.finish(grace_seconds=0)
                raise WarehouseUnavailable(self._monitor.reason) from error
        self._monitor.begin_to_log()

    def notices(self) -> tuple[str, ...]:
        """Return what an operator should know, though reports are accepted. Never waits."""
        return self._monitor.notices()

    def finish(self, *, grace_seconds: float) -> DrainOutcome:
        """Let the drain empty the spool, for `grace_seconds` at most, and stop it.

        One that died is started once more for that.
        """
        if grace_seconds <= 0:
            self._grace_over.set()
        self._stopping.set()
        self.commands.send(Finish())
        self._thread.join(grace_seconds)
        self._grace_over.set()
        process = self._process
        if process is not None:
            process.disconnect()
        self._thread.join()
        return self._outcome

    def _watch(self) -> None:
        while not self._stopping.wait(self.policy.check_seconds):
            self._monitor.check_progress()

    def _supervise(self) -> None:
        is_last = False
        while not (is_last or self._monitor.is_emptied or self._grace_over.is_set()):
            is_last = self._stopping.is_set()
            try:
                self._run_once()
            except DrainFailed as error:
                self._monitor.failed(str(error))
            except Exception as error:  # noqa: BLE001 - a defect must not end the supervision
                self._monitor.failed(defect_in_words(error))
            self._monitor.exited()
            if not self._stopping.is_set():
                self._stopping.wait(self._restart_seconds)
                doubled = 2 * self._restart_seconds
                self._restart_seconds = min(doubled, self.policy.last_restart_seconds)

    def _run_once(self) -> None:
        process = self.launch()
        self._process = process
        self.commands.connect(process.connection)
        self.metrics.drain_started(process.pid)
        if self._stopping.is_set():
            self.commands.send(Finish())  # `finish` may have been called before there was a process
        if self._grace_over.is_set():
            process.disconnect()
        try:
            for message in process.messages():
                if isinstance(message, Written):
                    self._restart_seconds = self.policy.first_restart_seconds
                self._monitor.take(message)
        finally:
            self._process = None
            self.commands.connect(None)
            status = process.reap()
        if self._monitor.is_emptied and status == 0:
            self._outcome = DrainOutcome.EMPTIED
        elif self._monitor.is_emptied:
            self._outcome = DrainOutcome.DIED
            self.log.error("the drain said that all is written, and then died", status=status)
        if not self._stopping.is_set():
            self.metrics.drain_failed()
            self.log.error("the drain exited and is started again", status=status)
