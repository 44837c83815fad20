"""How the collector is put together, and one run of it."""

import gc
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from structlog.stdlib import BoundLogger

from collector.disk.data_directory import DataDirectory, DiskUsage
from collector.drain.messages import DrainSettings
from collector.drain.supervisor import (
    DrainOutcome,
    DrainSupervisor,
    RestartPolicy,
    launch_drain,
)
from collector.errors import DrainFailed
from collector.http import Limits
from collector.http.application import create_application
from collector.http.dispatcher import GroupCommit
from collector.http.intake import cost_of
from collector.http.listener import describe, inherited, listen
from collector.http.problems import REASONS
from collector.http.rate_limit import RateLimit
from collector.http.server import Server
from collector.http.statistics import Statistics
from collector.settings import Settings
from collector.shutdown import Shutdown
from collector.spool.writer import Spool
from collector.telemetry.admin_server import SOCKET_NAME as ADMIN_SOCKET_NAME
from collector.telemetry.admin_server import admin_application, served_at, served_on
from collector.telemetry.heartbeat import Heartbeat, ServiceManager
from collector.telemetry.logs import configure_logs, get_log
from collector.telemetry.metrics import Metrics, Sources
from collector.warehouse.dead_letters import DEAD_LETTERS_FILE, count_dead_letters
from release import VERSION

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication


def run(settings: Settings, *, process_id: int) -> None:
    """Serve until SIGTERM or SIGINT. Raises a `CollectorError` when that cannot begin.

    The environment may name a service manager and what it hands over.
    """
    listening = inherited(settings.environment, process_id=process_id)
    manager = ServiceManager.from_environment(settings.environment, process_id=process_id)
    configure_logs(settings.log)
    with DataDirectory(settings.data_dir) as directory:
        if directory.is_open_to_others:
            get_log().warning("other users may read the data directory", path=str(directory.path))
        limits = settings.spool_limits
        spool = Spool(directory.spool, clock=time.time, random_bytes=os.urandom, limits=limits)
        with closing(spool):
            _serve(settings, directory, spool, manager, listening)


def _serve(
    settings: Settings,
    directory: DataDirectory,
    spool: Spool,
    manager: ServiceManager,
    listening: socket.socket | None,
) -> None:
    log = get_log()
    metrics = Metrics(version=VERSION, refusals=REASONS)
    statistics = _make_statistics(settings)
    supervisor = _make_supervisor(settings, directory, spool, metrics, statistics.reload)
    listening = listening or listen(settings.host, settings.port, settings.listen)
    group = GroupCommit(
        spool, wake_drain=supervisor.commands.wake, metrics=metrics, clock=time.monotonic, log=log
    )
    server = _make_server(
        settings, group, supervisor, listening, metrics=metrics, statistics=statistics
    )
    metrics.watch(_sources(settings, spool, server))
    shutdown = _make_shutdown(settings, server, began=(group.stop, manager.stopping))
    shutdown.install()
    is_alive = Heartbeat(listening).is_alive
    admin = admin_application(
        metrics.registry, is_alive=is_alive, reasons=group.reasons, notices=supervisor.notices
    )
    with (
        _drained(supervisor, shutdown, log),
        _admin_served(settings, admin, log),
        manager.watched(is_alive),
    ):
        log.info("serving", **describe(listening), warehouse=settings.warehouse.text)
        metrics.serving()
        manager.ready()
        gc.freeze()  # what is there by now stays, so no garbage collection needs to search it
        server.run()


@contextmanager
def _drained(supervisor: DrainSupervisor, shutdown: Shutdown, log: BoundLogger) -> Iterator[None]:
    """Drain the spool during the `with` block, and then until it is empty or the grace ends."""
    try:
        supervisor.start()
        yield
    finally:
        outcome = supervisor.finish(grace_seconds=shutdown.seconds_left())
        log.info("stopped", spool=outcome.value)
    if outcome is DrainOutcome.DIED:
        raise DrainFailed("the drain died after it had said that all is written; see the log")


def _make_server(
    settings: Settings,
    group: GroupCommit,
    supervisor: DrainSupervisor,
    listening: socket.socket,
    *,
    metrics: Metrics,
    statistics: Statistics,
) -> Server:
    application = create_application(
        group,
        clock=time.time,
        random_bytes=os.urandom,
        version=VERSION,
        metrics=metrics,
        rate_limit=_make_rate_limit(settings),
        notices=supervisor.notices,
        statistics=statistics,
    )
    limits = Limits(
        connection_limit=settings.connection_limit,
        request_deadline_seconds=settings.request_deadline_seconds,
    )
    return Server(application, group, listening, metrics=metrics, limits=limits, cost_of=cost_of)


def _make_shutdown(
    settings: Settings, server: Server, *, began: tuple[Callable[[], None], ...]
) -> Shutdown:
    return Shutdown(
        delay_seconds=settings.shutdown_delay_seconds,
        grace_seconds=settings.shutdown_grace_seconds,
        began=began,
        shut_down=server.shut_down,
        clock=time.monotonic,
    )


def _make_supervisor(
    settings: Settings,
    directory: DataDirectory,
    spool: Spool,
    metrics: Metrics,
    on_released: Callable[[], None],
) -> DrainSupervisor:
    drain = DrainSettings(
        spool=str(directory.spool),
        warehouse=settings.warehouse.text,
        batch_seconds=settings.batch_seconds,
        retention_days=settings.retention_days,
        publish=settings.publish_plan,
    )
    return DrainSupervisor(
        partial(launch_drain, drain),
        spool,
        log=get_log(),
        policy=RestartPolicy(),
        metrics=metrics,
        batch_seconds=settings.batch_seconds,
        may_be_away=not settings.warehouse.keeps_watermark,
        on_released=on_released,
    )


def _make_statistics(settings: Settings) -> Statistics:
    plan = settings.publish_plan
    if plan is None:
        return Statistics()
    # Only where something is published: they take memory, and time at the start.
    from census import json_schema
    from collector.publishing.loading import Loader
    from collector.publishing.store import RELEASES_FOLDER

    loader = Loader(
        settings.data_dir / RELEASES_FOLDER,
        plan,
        address=settings.public_address,
        today=lambda: datetime.now(UTC).date(),
        log=get_log(),
    )
    return Statistics(loader.load, json_schema())


def _make_rate_limit(settings: Settings) -> RateLimit | None:
    if settings.posts_per_minute is None:
        return None
    return RateLimit(
        settings.posts_per_minute,
        settings.trusted_networks,
        clock=time.monotonic,
        random_bytes=os.urandom,
        log=get_log(),
    )


def _sources(settings: Settings, spool: Spool, server: Server) -> Sources:
    disk = DiskUsage(settings.data_dir, clock=time.monotonic)
    return Sources(
        backlog=spool.backlog,
        spool_limit_bytes=lambda: settings.spool_limits.max_bytes,
        dead_letters=partial(count_dead_letters, settings.data_dir / DEAD_LETTERS_FILE),
        stored_bytes=disk.stored_bytes,
        free_bytes=disk.free_bytes,
        open_connections=lambda: server.open_connections,
    )


@contextmanager
def _admin_served(
    settings: Settings, application: "WSGIApplication", log: BoundLogger
) -> Iterator[None]:
    with served_at(settings.data_dir / ADMIN_SOCKET_NAME, application):
        if settings.admin_port is None:
            yield
            return
        host = settings.admin_host
        with served_on(host, settings.admin_port, application) as admin_port:
            log.info("serving metrics", host=host, admin_port=admin_port)
            yield
