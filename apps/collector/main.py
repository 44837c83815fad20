"""The command line of the collector; the one place that reads the environment."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from collector.databases.catalogue import KINDS
from collector.errors import CollectorError, DataDirectoryUnusable
from collector.settings import Settings
from collector.version import VERSION
from collector.wiring import run

_PROGRAM: Final = "collector"

# Pretty tracebacks print local variables, and a local variable may be a report.
app = typer.Typer(pretty_exceptions_enable=False, add_completion=False, rich_markup_mode=None)


def main() -> None:
    """Run the program. A problem is one line on standard error and a status other than 0."""
    arguments = sys.argv[1:]
    if arguments[:1] == [_PROGRAM]:
        # The original is one program whose first word says which part of it to be.
        del arguments[0]
    try:
        app(arguments, prog_name=_PROGRAM)
    except CollectorError as error:
        sys.stderr.write(f"{_PROGRAM}: {error}\n")
        sys.exit(1)


def default_data_dir(environment: Mapping[str, str]) -> Path:
    """Return the data directory of one who names none: state, in the sense of the XDG rules.

    https://specifications.freedesktop.org/basedir-spec/latest/
    Raises `DataDirectoryUnusable` where there is no home directory.
    """
    state = Path(environment.get("XDG_STATE_HOME", ""))
    if not state.is_absolute():
        try:
            state = Path.home() / ".local" / "state"
        except RuntimeError as error:
            raise DataDirectoryUnusable(
                "there is no home directory to keep data in; give one with --data-dir"
            ) from error
    return state / "spartakus-collector"


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - Typer calls it with the flag's value
    if wanted:
        typer.echo(VERSION)
        raise typer.Exit


def _print_databases(wanted: bool) -> None:  # noqa: FBT001 - as above
    if wanted:
        for kind in KINDS:
            typer.echo(f"{kind.form}\n    {kind.description}")
        raise typer.Exit


@app.command()
def serve(
    *,
    host: Annotated[
        str,
        typer.Option(
            envvar="SPARTAKUS_HOST",
            help="Address to serve on: this machine only by default; :: for every network.",
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            envvar="SPARTAKUS_PORT", min=0, max=65_535, help="TCP port; 0 for any free one."
        ),
    ] = 8080,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            envvar="SPARTAKUS_DATA_DIR",
            help="Directory of the spool and the default database, made when missing."
            " By default spartakus-collector in $XDG_STATE_HOME or ~/.local/state.",
        ),
    ] = None,
    database: Annotated[
        str,
        typer.Option(
            envvar="SPARTAKUS_DATABASE",
            help="Where reports end up; --print-databases lists what there is."
            " By default reports.duckdb in the data directory.",
        ),
    ] = "",
    shutdown_delay: Annotated[
        float,
        typer.Option(
            envvar="SPARTAKUS_SHUTDOWN_DELAY",
            min=0,
            help="Seconds to go on serving after SIGTERM, while /readyz says 503.",
        ),
    ] = 0.0,
    shutdown_grace: Annotated[
        float,
        typer.Option(
            envvar="SPARTAKUS_SHUTDOWN_GRACE",
            min=0,
            help="Seconds, after that, to finish requests and to empty the spool.",
        ),
    ] = 20.0,
    verbose: Annotated[
        bool,
        typer.Option("--verbose", "-v", envvar="SPARTAKUS_VERBOSE", help="Log more."),
    ] = False,
    verbosity: Annotated[
        int,
        typer.Option("--v", hidden=True, help="The original's flag: from 1 on as --verbose."),
    ] = 0,
    _databases: Annotated[
        bool,
        typer.Option(
            "--print-databases",
            callback=_print_databases,
            is_eager=True,
            help="List the databases that reports can end up in.",
        ),
    ] = False,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Say the version."),
    ] = False,
) -> None:
    """Receive anonymous reports of Kubernetes clusters over HTTP, and keep them in a database."""
    run(
        Settings(
            host=host,
            port=port,
            data_dir=data_dir or default_data_dir(os.environ),
            database=database,
            shutdown_delay_seconds=shutdown_delay,
            shutdown_grace_seconds=shutdown_grace,
            verbose=verbose or verbosity > 0,
        )
    )


if __name__ == "__main__":
    main()
