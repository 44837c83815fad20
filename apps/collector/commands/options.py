"""Flags that several commands have. Each also reads a variable."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

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
    bool, typer.Option("--verbose", "-v", envvar="SPARTAKUS_VERBOSE", help="Log more.")
]
