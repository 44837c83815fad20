"""`collector copy`: a folder of Parquet files to BigQuery, one load job a file."""

from collections.abc import Sequence
from contextlib import closing
from hashlib import blake2b
from pathlib import Path
from typing import Final

import typer

from collector.commands.shared import ReadSettings, existing_folder
from collector.errors import CommandFailed
from collector.warehouse.bigquery import EMULATOR, BigQueryTable
from collector.warehouse.bigquery.warehouse import BigQueryWarehouse, open_bigquery
from collector.warehouse.parquet.engine import Engine
from collector.warehouse.parquet.reading import OpenedFile, snapshot, split_damaged
from command_line.flags import flag
from command_line.program import Command

_DIGEST_BYTES: Final = 8

_MORE: Final = (
    "the table holds more: reports from elsewhere, or those of a day whose files were merged or"
    " rewritten after an earlier copy, which are there twice"
)


class Copy(ReadSettings, frozen=True, kw_only=True):
    """Where reports are copied to."""

    target: BigQueryTable = flag(
        BigQueryTable.parse,
        "--to",
        metavar="bigquery://PROJECT.DATASET.TABLE",
        required=True,
        has_variable=False,
        help="The table to fill.",
    )


def copy(settings: Copy) -> None:
    """Copy all reports in a folder of Parquet files to BigQuery. Run it again if it broke off.

    Let no collector write to the folder between the two: what it merges is copied again.
    """
    directory, folder = settings.existing_data_dir, existing_folder(settings)
    # A day that is compacted meanwhile would be copied twice, under two names.
    with folder.owned(), folder.writing(), snapshot(folder) as opened:
        files, damaged = split_damaged(opened, skip_damaged=settings.skip_damaged)
        emulator = settings.environment.get(EMULATOR)
        with closing(
            open_bigquery(settings.target, data_dir=directory, emulator=emulator)
        ) as warehouse:
            _warn(warehouse, damaged)
            total = _copy(files, warehouse)
            _compare(total, warehouse)


def _warn(warehouse: BigQueryWarehouse, damaged: Sequence[Path]) -> None:
    for path in damaged:
        typer.echo(f"left out, because it is damaged: {path}", err=True)
    if columns := warehouse.missing_columns():
        typer.echo(
            f"the table lacks {', '.join(columns)}, and these credentials may not add columns;"
            " what reports hold there is not copied",
            err=True,
        )


def _copy(files: Sequence[OpenedFile], warehouse: BigQueryWarehouse) -> int:
    total = 0
    with closing(Engine()) as engine:
        for number, file in enumerate(files, start=1):
            count = engine.count(file.fd_path)
            if count > 0:
                warehouse.load_parquet(Path(file.fd_path), _job_name(file))
            total += count
            typer.echo(f"{number} of {len(files)} files: {total} reports", err=True)
    return total


def _job_name(file: OpenedFile) -> str:
    """Return what names the file and its bytes: loading the same again changes nothing."""
    digest = blake2b(digest_size=_DIGEST_BYTES)
    with Path(file.fd_path).open("rb") as content:
        while piece := content.read(1024 * 1024):
            digest.update(piece)
    return f"{file.path.stem}-{digest.hexdigest()}"


def _compare(total: int, warehouse: BigQueryWarehouse) -> None:
    typer.echo(f"in the folder: {total} reports")
    count = warehouse.count()
    typer.echo(f"in the table: {count} reports")
    if count < total:
        raise CommandFailed("the table holds fewer reports than the folder; copy again")
    if count > total:
        typer.echo(_MORE, err=True)


COMMAND: Final = Command(Copy, copy)
