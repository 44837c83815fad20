"""`collector sql`: ask about the reports in a folder of Parquet files."""

import shutil
import sys
from typing import Annotated, Final, TypeAlias

import typer

from collector.commands.data_dir import existing_data_dir
from collector.commands.options import Database, DataDir, SkipDamaged
from collector.commands.output import standard_output
from collector.commands.scratch import scratch
from collector.commands.warehouses import existing_folder
from collector.errors import CommandFailed
from collector.settings import Settings
from collector.warehouse.parquet.querying import Format, Output, answer
from collector.warehouse.parquet.reading import snapshot

_LONGEST_QUERY: Final = 1024 * 1024

_Query: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="[QUERY]",
        help="A query of the views reports, nodes and latest, in DuckDB's SQL;"
        " read from standard input where it is left out.",
        show_default=False,
    ),
]
_Format: TypeAlias = Annotated[Format, typer.Option("--format", help="How the answer is written.")]


def sql(
    query: _Query = "",
    *,
    form: _Format = Format.TABLE,
    skip_damaged: SkipDamaged = False,
    data_dir: DataDir = None,
    database: Database = "",
) -> None:
    """Answer a query about the reports, whether the collector runs or not. Changes nothing."""
    text = query or sys.stdin.read(_LONGEST_QUERY)
    if not text.strip():
        raise CommandFailed("there is no query: give one as an argument or on standard input")
    directory = existing_data_dir(data_dir)
    folder = existing_folder(Settings(data_dir=directory, database=database))
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    with scratch(directory) as staging, snapshot(folder) as files, standard_output() as output:
        skipped = answer(
            text,
            files,
            Output(form, output, width),
            staging=staging,
            skip_damaged=skip_damaged,
        )
    for path in skipped:
        typer.echo(f"left out, because it is damaged: {path}", err=True)
