"""`collector status`: what a running collector is doing."""

import time
from typing import Final

import typer

from collector.settings import DataDirectorySettings
from command_line.flags import switch
from command_line.program import Command

_UNHEALTHY: Final = 1


class Status(DataDirectorySettings, frozen=True, kw_only=True):
    """How the answer is given."""

    as_json: bool = switch(
        "--json", has_variable=False, help="One JSON object, for programs; times are UNIX seconds."
    )
    quiet: bool = switch(
        "-q", "--quiet", has_variable=False, help="Print nothing: the exit status is the answer."
    )


def status(settings: Status) -> int:
    """Say what the collector that runs on a data directory is doing.

    Exit status 0: it accepts reports. 1: it does not, or none runs.
    """
    # Only now, so that --help is quick.
    import msgspec

    from collector.telemetry.admin_client import AdminClient
    from collector.telemetry.admin_server import SOCKET_NAME
    from collector.telemetry.status import describe, status_of

    client = AdminClient(settings.existing_data_dir / SOCKET_NAME)
    samples, readiness = client.samples(), client.readiness()
    found = status_of(samples, ready=readiness.ready, reasons=readiness.reasons)
    if settings.as_json and not settings.quiet:
        typer.echo(msgspec.json.encode(found))
    elif not settings.quiet:
        typer.echo(describe(found, now=time.time()), nl=False)
    return 0 if found.accepts_reports else _UNHEALTHY


COMMAND: Final = Command(Status, status)
