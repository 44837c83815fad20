"""`collector copy`: what was collected in DuckDB to another database."""

import os
from contextlib import closing
from typing import Annotated, TypeAlias

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from collector.copying import ProgressFile, copy_reports
from collector.errors import CommandFailed
from collector.warehouse import Warehouse
from collector.warehouse.abilities import Counts, LacksColumns
from collector.warehouse.catalogue import DuckDBFile, parse_address
from collector.warehouse.duckdb_reader import DuckDBReader
from collector.warehouse.opening import opener_of

_From: TypeAlias = Annotated[
    str,
    typer.Option("--from", metavar="duckdb:///PATH", help="The file; no collector has it open."),
]
_To: TypeAlias = Annotated[
    str, typer.Option("--to", metavar="ADDRESS", help="The database, as --database names it.")
]


def copy(*, source: _From, target: _To) -> None:
    """Copy all reports of a DuckDB file to another database. Run it again if it broke off."""
    address = parse_address(source)
    if not isinstance(address, DuckDBFile):
        raise CommandFailed(f"--from must be duckdb:///PATH, not {source!r}")
    if parse_address(target) == address:
        raise CommandFailed("--from and --to name the same file")
    reader = DuckDBReader(address.path)
    total = reader.count()
    progress = ProgressFile(
        address.path.with_name(f"{address.path.name}.copy"), target=target, reports=total
    )
    opener = opener_of(parse_address(target), data_dir=address.path.parent, environment=os.environ)
    with closing(opener()) as database:
        _warn(database)
        with _bar() as bar:
            task = bar.add_task("reports", total=total)
            copy_reports(reader, database, progress, copied=lambda count: bar.advance(task, count))
        _compare(total, database)


def _warn(database: Warehouse) -> None:
    if isinstance(database, LacksColumns) and (columns := database.missing_columns()):
        typer.echo(
            f"the other table lacks {', '.join(columns)}, and these credentials may not add"
            " columns; what reports hold there is not copied",
            err=True,
        )


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )


def _compare(total: int, database: Warehouse) -> None:
    typer.echo(f"in the file: {total} reports")
    if not isinstance(database, Counts):
        return
    count = database.count()
    typer.echo(f"in the other database: {count} reports")
    if count < total:
        raise CommandFailed("the other database holds fewer reports than the file; copy again")
