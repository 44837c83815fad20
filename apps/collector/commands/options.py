"""Flags that several commands have. Each also reads a variable."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from collector.telemetry.log_settings import LogFormat, LogLevel

DataDir: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="DIRECTORY",
        envvar="SPARTAKUS_DATA_DIR",
        help="Directory of the spool and the default database, made when missing."
        " By default spartakus-collector in $XDG_STATE_HOME or ~/.local/state.",
    ),
]
Database: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="ADDRESS",
        envvar="SPARTAKUS_DATABASE",
        help="Where reports end up; --print-databases lists what there is."
        " By default a folder of Parquet files, reports, in the data directory.",
    ),
]
SkipDamaged: TypeAlias = Annotated[
    bool,
    typer.Option("--skip-damaged", help="Go on without files that are damaged; they are named."),
]
Verbose: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--verbose", "-v", envvar="SPARTAKUS_VERBOSE", help="The same as --log-level debug."
    ),
]
Level: TypeAlias = Annotated[
    LogLevel,
    typer.Option(
        "--log-level", envvar="SPARTAKUS_LOG_LEVEL", help="The least that is worth a line."
    ),
]
Format: TypeAlias = Annotated[
    LogFormat,
    typer.Option(
        "--log-format",
        envvar="SPARTAKUS_LOG_FORMAT",
        help="How a line is written; auto is console on a terminal, and json else.",
    ),
]
