"""`collector sql`: ask about the reports in a folder of Parquet files."""

import shutil
from typing import Final

import typer

from collector.commands.shared import (
    ReadSettings,
    existing_folder,
    scratch,
    standard_input,
    standard_output,
)
from collector.errors import CommandFailed
from collector.warehouse.parquet.querying import Format, Output, answer
from collector.warehouse.parquet.reading import snapshot
from command_line.flags import argument, choice
from command_line.program import Command

_LONGEST_QUERY: Final = 1024 * 1024


class Sql(ReadSettings, frozen=True, kw_only=True):
    """A query, and how its answer is written."""

    query: str = argument(
        str,
        metavar="[QUERY]",
        default="",
        help="A query of the views reports, nodes and latest, in DuckDB's SQL;"
        " read from standard input where it is left out.",
    )
    format: Format = choice(
        Format, default=Format.TABLE, has_variable=False, help="How the answer is written."
    )


def sql(settings: Sql) -> None:
    """Answer a query about the reports, whether the collector runs or not. Changes nothing."""
    text = settings.query or _read_query()
    directory, folder = settings.existing_data_dir, existing_folder(settings)
    with scratch(directory) as staging, snapshot(folder) as files, standard_output() as output:
        width = shutil.get_terminal_size().columns if output.isatty() else None
        skipped = answer(
            text,
            files,
            Output(settings.format, output, width),
            staging=staging,
            skip_damaged=settings.skip_damaged,
        )
    for path in skipped:
        typer.echo(f"left out, because it is damaged: {path}", err=True)


def _read_query() -> str:
    try:
        text = standard_input().read(_LONGEST_QUERY).decode()
    except UnicodeDecodeError as error:
        raise CommandFailed("the query on standard input is not UTF-8 text") from error
    if not text.strip():
        raise CommandFailed("there is no query: give one as an argument or on standard input")
    return text


COMMAND: Final = Command(Sql, sql)
