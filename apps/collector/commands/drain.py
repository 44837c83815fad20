"""`collector drain`: empty the spool of a collector that no longer runs."""

import os
import time
from contextlib import closing
from functools import partial
from typing import Final

import typer

from collector.disk.data_directory import DataDirectory
from collector.drain.messages import DrainSettings
from collector.drain.supervisor import (
    DrainOutcome,
    DrainSupervisor,
    RestartPolicy,
    launch_drain,
)
from collector.errors import CommandFailed
from collector.settings import LoggedSettings
from collector.spool.writer import Spool
from collector.telemetry.logs import configure_logs, get_log
from collector.telemetry.metrics import Metrics
from command_line.program import Command
from release import VERSION

_LONGEST_SECONDS: Final = 7 * 24 * 3_600.0


def drain(settings: LoggedSettings) -> None:
    """Move all reports that wait in a data directory to the warehouse, and exit."""
    configure_logs(settings.log)
    with DataDirectory(settings.existing_data_dir) as directory:
        if not directory.spool.exists():
            raise CommandFailed(f"there is no spool in {directory.path}")
        with closing(Spool(directory.spool, clock=time.time, random_bytes=os.urandom)) as spool:
            _empty(spool, directory, settings)
    typer.echo("the spool is empty")


def _empty(spool: Spool, directory: DataDirectory, settings: LoggedSettings) -> None:
    supervisor = DrainSupervisor(
        partial(launch_drain, DrainSettings(str(directory.spool), settings.warehouse.text)),
        spool,
        log=get_log(),
        policy=RestartPolicy(),
        metrics=Metrics(version=VERSION),
    )
    supervisor.start()
    # As long as it takes, while the log says what it waits for; Ctrl-C stops it.
    outcome = supervisor.finish(grace_seconds=_LONGEST_SECONDS)
    if outcome is not DrainOutcome.EMPTIED:
        raise CommandFailed("reports are left in the spool")


COMMAND: Final = Command(LoggedSettings, drain)
