"""`collector export`: all reports to standard output."""

import enum
import shutil
from contextlib import closing
from typing import BinaryIO, Final

import typer

from collector.commands.shared import ReadSettings, existing_folder, scratch, standard_output
from collector.warehouse.parquet.engine import Engine
from collector.warehouse.parquet.folder import Staging
from collector.warehouse.parquet.reading import (
    OpenedFile,
    lines_of,
    snapshot,
    split_damaged,
    write_one,
)
from command_line.flags import choice
from command_line.program import Command


class Format(enum.Enum):
    """How reports leave a folder."""

    JSONL = "jsonl"
    """One line of JSON a report, as `--database stdout` prints it, but without its key."""

    PARQUET = "parquet"
    """One file, with the columns of those in the folder."""


class Export(ReadSettings, frozen=True, kw_only=True):
    """How reports are written."""

    format: Format = choice(
        Format,
        default=Format.JSONL,
        has_variable=False,
        help="One line of JSON a report, or one Parquet file.",
    )


def export(settings: Export) -> None:
    """Write all reports to standard output, whether the collector runs or not."""
    directory, folder = settings.existing_data_dir, existing_folder(settings)
    with scratch(directory) as staging, snapshot(folder) as opened, standard_output() as output:
        sound, damaged = split_damaged(opened, skip_damaged=settings.skip_damaged)
        count = _export(sound, settings.format, staging, output)
    for path in damaged:
        typer.echo(f"left out, because it is damaged: {path}", err=True)
    typer.echo(f"{count} reports", err=True)


def _export(files: list[OpenedFile], form: Format, staging: Staging, output: BinaryIO) -> int:
    with closing(Engine()) as engine:
        if form is Format.JSONL:
            count = 0
            for line in lines_of(engine, files, staging):
                output.write(line)
                count += 1
            return count
        write_one(engine, files, staging, staging.fd_path("all"))
        with (staging.path / "all").open("rb") as written:
            shutil.copyfileobj(written, output)
        return engine.count(staging.fd_path("all"))


COMMAND: Final = Command(Export, export)
