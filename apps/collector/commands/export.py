"""`collector export`: all reports to standard output."""

import os
import sys
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from collector.commands.data_dir import existing_data_dir
from collector.commands.options import Database, DataDir
from collector.control.client import NotRunning, ask
from collector.control.messages import SOCKET_NAME, Exported
from collector.control.messages import Export as ExportRequest
from collector.errors import CommandFailed
from collector.settings import Settings
from collector.warehouse.abilities import Format
from collector.warehouse.catalogue import DuckDBFile, parse_address
from collector.warehouse.duckdb_reader import DuckDBReader

_Format: TypeAlias = Annotated[
    Format,
    typer.Option("--format", help="One line of JSON a report, or the columns of the table."),
]


def export(
    *, form: _Format = Format.JSONL, data_dir: DataDir = None, database: Database = ""
) -> None:
    """Write all reports in DuckDB to standard output, whether the collector runs or not."""
    directory = existing_data_dir(data_dir)
    try:
        count = _export(directory, database, form)
        sys.stdout.buffer.flush()
    except OSError as error:
        _discard_output()
        raise CommandFailed(f"standard output cannot be written: {error.strerror}") from error
    typer.echo(f"{count} reports", err=True)


def _discard_output() -> None:
    """Let the interpreter flush at its end what nobody reads: failing then has a status of its own.

    https://docs.python.org/3/library/signal.html#note-on-sigpipe
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


def _export(directory: Path, database: str, form: Format) -> int:
    def write(data: bytes) -> None:
        sys.stdout.buffer.write(data)

    try:
        done = ask(directory / SOCKET_NAME, ExportRequest(form), write)
    except NotRunning:
        address = parse_address(Settings(data_dir=directory, database=database).database_address)
        if not isinstance(address, DuckDBFile):
            raise CommandFailed("only a DuckDB database is exported by this command") from None
        return DuckDBReader(address.path).export(form, write)
    if not isinstance(done, Exported):
        raise CommandFailed("the collector answered something else than was asked")
    return done.count
