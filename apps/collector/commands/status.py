"""`collector status`: what a running collector is doing."""

import time
from typing import Annotated, Final, TypeAlias

import typer

from collector.commands.data_dir import existing_data_dir
from collector.commands.options import DataDir

_UNHEALTHY: Final = 1

_AsJson: TypeAlias = Annotated[
    bool, typer.Option("--json", help="One JSON object, for programs; times are UNIX seconds.")
]
_Quiet: TypeAlias = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print nothing: the exit status is the answer.")
]


def status(*, as_json: _AsJson = False, quiet: _Quiet = False, data_dir: DataDir = None) -> int:
    """Say what the collector that runs on a data directory is doing.

    Exit status 0: it accepts reports. 1: it does not, or none runs.
    """
    # Only now, so that --help is quick.
    import msgspec

    from collector.telemetry.admin_client import AdminClient
    from collector.telemetry.admin_server import SOCKET_NAME
    from collector.telemetry.status import describe, status_of

    client = AdminClient(existing_data_dir(data_dir) / SOCKET_NAME)
    samples, readiness = client.samples(), client.readiness()
    found = status_of(samples, ready=readiness.ready, reasons=readiness.reasons)
    if as_json and not quiet:
        typer.echo(msgspec.json.encode(found))
    elif not quiet:
        typer.echo(describe(found, now=time.time()), nl=False)
    return 0 if found.accepts_reports else _UNHEALTHY
