"""`collector drain`: empty the spool of a collector that no longer runs."""

import os
import time
from contextlib import closing
from functools import partial
from typing import Final

import typer

from collector.commands.data_dir import existing_data_dir
from collector.commands.options import Database, DataDir, Format, Level, Verbose
from collector.data_directory import DataDirectory
from collector.drain.launch import launch_drain
from collector.drain.supervisor import DrainSupervisor, Ending, RestartPolicy
from collector.errors import CommandFailed
from collector.settings import Settings
from collector.spool.writer import Spool
from collector.telemetry.log_settings import LogFormat, LogLevel, LogSettings
from collector.telemetry.logs import configure_logs, get_log
from collector.telemetry.metrics import Metrics
from collector.version import VERSION

_LONGEST_SECONDS: Final = 7 * 24 * 3_600.0


def drain(
    *,
    data_dir: DataDir = None,
    database: Database = "",
    log_level: Level = LogLevel.INFO,
    log_format: Format = LogFormat.AUTO,
    verbose: Verbose = False,
) -> None:
    """Move all reports that wait in a data directory to the warehouse, and exit."""
    configure_logs(LogSettings.of(log_level, log_format, verbose=verbose))
    settings = Settings(data_dir=existing_data_dir(data_dir), database=database)
    with DataDirectory(settings.data_dir) as directory:
        if not directory.spool.exists():
            raise CommandFailed(f"there is no spool in {directory.path}")
        spool = Spool(
            directory.spool,
            clock=time.time,
            random_bytes=os.urandom,
            limits=settings.spool_limits,
        )
        with closing(spool):
            _empty(spool, directory, settings)
    typer.echo("the spool is empty")


def _empty(spool: Spool, directory: DataDirectory, settings: Settings) -> None:
    launch = partial(
        launch_drain,
        spool=directory.spool,
        database=settings.warehouse.text,
    )
    supervisor = DrainSupervisor(
        launch, spool, log=get_log(), policy=RestartPolicy(), metrics=Metrics(version=VERSION)
    )
    supervisor.start()
    # As long as it takes, while the log says what it waits for; Ctrl-C ends it.
    ending = supervisor.finish(grace_seconds=_LONGEST_SECONDS)
    if ending is not Ending.EMPTIED:
        raise CommandFailed("reports are left in the spool")
