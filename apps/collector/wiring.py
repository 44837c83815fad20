"""How the collector is put together, and one run of it."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Final

from structlog.stdlib import BoundLogger

from collector.api.admission import make_admission
from collector.api.application import create_application
from collector.api.committing import GroupCommit, answer_to_failed_commit
from collector.api.readiness import Readiness
from collector.data_directory import DataDirectory
from collector.drain.launch import launch_drain
from collector.drain.supervisor import DrainSupervisor, Ending, RestartPolicy
from collector.errors import CannotListen, DrainFailed
from collector.server import Server, ServerSettings
from collector.settings import Settings
from collector.spool.writer import Spool
from collector.telemetry.admin_server import serve_metrics
from collector.telemetry.dead_letter_count import count_dead_letters
from collector.telemetry.logs import configure_logs, get_log
from collector.telemetry.metrics import Metrics
from collector.version import VERSION
from collector.warehouse.catalogue import keeps_position, parse_address
from collector.warehouse.dead_letters import DEAD_LETTERS_FILE

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

_MOST_REQUEST_SECONDS: Final = 10.0


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Raises a `CollectorError` when that cannot begin."""
    configure_logs(verbose=settings.verbose)
    log = get_log()
    with DataDirectory(settings.data_dir) as directory:
        if directory.is_open_to_others:
            log.warning("other users may look into the data directory", path=str(directory.path))
        spool = Spool(
            directory.spool,
            clock=time.time,
            random_bytes=os.urandom,
            limits=settings.spool_limits,
        )
        with closing(spool):
            _serve(settings, directory, spool, log)


def _serve(settings: Settings, directory: DataDirectory, spool: Spool, log: BoundLogger) -> None:
    metrics = Metrics(version=VERSION)
    metrics.watch(spool.backlog, partial(count_dead_letters, settings.data_dir / DEAD_LETTERS_FILE))
    readiness = Readiness(spool.check_writable, spool_full=spool.full)
    launch = partial(
        launch_drain,
        spool=directory.spool,
        database=settings.database_address,
        retention_days=settings.retention_days,
        batch_seconds=settings.batch_seconds,
    )
    supervisor = DrainSupervisor(
        launch,
        spool,
        log=log,
        policy=RestartPolicy(),
        metrics=metrics,
        batch_seconds=settings.batch_seconds,
        may_be_away=not keeps_position(parse_address(settings.database_address)),
    )
    commit = GroupCommit(
        spool,
        readiness=readiness,
        wake_drain=supervisor.wake,
        metrics=metrics,
        clock=time.monotonic,
        log=log,
    )
    application = create_application(
        keeper=spool,
        reasons=readiness.reasons,
        clock=time.time,
        random_bytes=os.urandom,
        version=VERSION,
        metrics=metrics,
        admit=make_admission(settings, clock=time.monotonic, random_bytes=os.urandom, log=log),
        notices=supervisor.notices,
    )
    server = _make_server(settings, application, commit, metrics)
    shutdown = Shutdown(settings, readiness, server.shut_down, clock=time.monotonic)
    shutdown.install()
    try:
        supervisor.start()
        with _metrics_served(settings, metrics, log):
            host, port = server.address
            log.info("serving", host=host, port=port, database=settings.database_address)
            server.run()
    finally:
        ending = supervisor.finish(grace_seconds=shutdown.seconds_left())
        log.info("ended", spool=ending.value)
    if ending is Ending.DIED:
        raise DrainFailed("the drain died after it had said that all is written; see the log")


@contextmanager
def _metrics_served(settings: Settings, metrics: Metrics, log: BoundLogger) -> Iterator[None]:
    if settings.admin_port is None:
        yield
        return
    host = settings.admin_host
    with serve_metrics(metrics.registry, host=host, port=settings.admin_port) as admin_port:
        log.info("serving metrics", host=host, admin_port=admin_port)
        yield


def _make_server(
    settings: Settings,
    application: "WSGIApplication",
    commit: Callable[[], None],
    metrics: Metrics,
) -> Server:
    try:
        return Server(
            application,
            commit=commit,
            commit_failed=answer_to_failed_commit,
            settings=ServerSettings(
                host=settings.host,
                port=settings.port,
                connection_limit=settings.connection_limit,
                request_deadline_seconds=settings.request_deadline_seconds,
            ),
            refused=metrics.refused_by_server,
        )
    except OSError as error:
        # The socket module adds the address, in Python's notation, to the system's words.
        reason = str(error.strerror).partition(" (while")[0]
        raise CannotListen(
            f"cannot serve on {settings.host} port {settings.port}: {reason}"
        ) from error


class Shutdown:
    """Ends a run on a signal: not ready at once, no connections after the delay."""

    def __init__(
        self,
        settings: Settings,
        readiness: Readiness,
        shut_down: Callable[[float], None],
        *,
        clock: Callable[[], float],
    ) -> None:
        """`shut_down` takes the seconds that requests under way may take. `clock` is monotonic."""
        self._delay: Final = settings.shutdown_delay_seconds
        self._grace: Final = settings.shutdown_grace_seconds
        self._readiness: Final = readiness
        self._shut_down: Final = shut_down
        self._clock: Final = clock
        self._ends_at: float | None = None

    def install(self) -> None:
        """Take SIGTERM and SIGINT. As process 1 of a container both would be ignored else."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.begin)

    def begin(self, _number: int, _frame: FrameType | None) -> None:
        """Begin to end; further signals change nothing."""
        if self._ends_at is not None:
            return
        self._ends_at = self._clock() + self._delay + self._grace
        self._readiness.stop()
        request_seconds = min(_MOST_REQUEST_SECONDS, self._grace)
        if self._delay > 0:
            timer = threading.Timer(self._delay, self._shut_down, [request_seconds])
            timer.daemon = True
            timer.start()
        else:
            self._shut_down(request_seconds)

    def seconds_left(self) -> float:
        """Return what is left of the grace; none when no signal began the end."""
        return 0.0 if self._ends_at is None else max(0.0, self._ends_at - self._clock())
