"""`collector import`: what `export` gave, back into a warehouse.

A file stands for a spool of its own: its ID is a digest of the content, its rows are the lines. So
a batch that is written again is there once.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO, Final

import msgspec
import typer
from msgspec import Struct

import report
from collector.commands.shared import scratch, standard_input
from collector.disk.data_directory import DataDirectory
from collector.errors import CommandFailed
from collector.records import SpooledReport, batches_of
from collector.settings import WarehouseSettings
from collector.warehouse import WarehouseAddress
from collector.warehouse.parquet import ParquetFolder
from collector.warehouse.parquet.folder import Folder
from collector.warehouse.parquet.reading import lines_in
from command_line.flags import argument, switch
from command_line.program import Command
from report import InvalidReport, ReportTooLarge

_STDIN: Final = Path("-")
_PARQUET: Final = b"PAR1"
_PIECE: Final = 1024 * 1024
_ID_BYTES: Final = 16
_KEY_BYTES: Final = 16
_KEY: Final = re.compile(r"[0-9a-f]{32}")
_HOUR: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_SECONDS_PER_HOUR: Final = 3_600


class Import(WarehouseSettings, frozen=True, kw_only=True):
    """What is read, and whether it may join other reports."""

    file: Path = argument(
        Path,
        metavar="[FILE]",
        default=str(_STDIN),
        help="JSON lines or Parquet; standard input by default.",
    )
    add: bool = switch(
        has_variable=False,
        help="Also where there are reports already: what is in both is then there twice.",
    )


def import_reports(settings: Import) -> None:
    """Read reports that export wrote into a warehouse. Run it again if it broke off."""
    with (
        DataDirectory(settings.data_dir) as directory,
        _given(settings.file, directory.path) as path,
    ):
        spool_id = _digest(path)
        if not settings.add:
            _check_empty(settings.warehouse, spool_id)
        total = sum(1 for _ in _reports_of(_lines(path), spool_id=spool_id))  # all are valid
        with closing(settings.warehouse.open(directory.path, settings.environment)) as warehouse:
            written = warehouse.watermark(spool_id)
            done = 0 if written is None else written.last_id
            reports = _reports_of(_lines(path), spool_id=spool_id)
            rest = (each for each in reports if each.row_id > done)
            for batch in batches_of(rest, spool_id=spool_id, limits=warehouse.limits):
                warehouse.write(batch)
    typer.echo(f"{total} reports, of which {min(done, total)} were there already", err=True)


def _check_empty(address: WarehouseAddress, spool_id: str) -> None:
    """Refuse to double what is there. Raises `CommandFailed`."""
    if not isinstance(address, ParquetFolder):
        return
    if any(each.spool_id != spool_id for each in Folder(address.path).batches()):
        raise CommandFailed(
            f"there are reports in {address.path} already, and what is in both would be there"
            " twice; name an empty folder, or add to this one with --add"
        )


@contextmanager
def _given(file: Path, data_dir: Path) -> Iterator[Path]:
    """Give a file that can be read twice."""
    if file != _STDIN:
        yield file
        return
    with scratch(data_dir) as staging:
        kept = staging.path / "input"
        with kept.open("xb") as output:
            for piece in _pieces(standard_input()):
                output.write(piece)
        yield kept


def _lines(path: Path) -> Iterator[bytes]:
    with _opened(path) as file:
        if file.read(len(_PARQUET)) != _PARQUET:
            file.seek(0)
            yield from file
            return
    yield from lines_in(path)


def _digest(path: Path) -> str:
    digest = blake2b(digest_size=_ID_BYTES)
    with _opened(path) as file:
        for piece in _pieces(file):
            digest.update(piece)
    return digest.hexdigest()


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise CommandFailed(f"{path} cannot be read: {error.strerror}") from error


class _Stamp(Struct, frozen=True, rename="camel"):
    """What a line has besides its report."""

    received_at: str
    report_key: str | None = None


def _reports_of(lines: Iterable[bytes], *, spool_id: str) -> Iterator[SpooledReport]:
    """Return the report in each line, numbered from 1. Raises `CommandFailed`, naming the line."""
    for number, line in enumerate(lines, start=1):
        try:
            yield _report_of(line, number, spool_id)
        except (InvalidReport, ReportTooLarge, msgspec.DecodeError, ValueError) as error:
            raise CommandFailed(
                f"line {number} is not a report as export writes it: {error}"
            ) from None


def _report_of(line: bytes, number: int, spool_id: str) -> SpooledReport:
    received = report.decode(line)
    stamp = msgspec.json.decode(line, type=_Stamp)
    if _HOUR.fullmatch(stamp.received_at) is None:
        raise ValueError("$.receivedAt must be an hour, such as 2026-11-25T07:00:00Z")
    moment = msgspec.convert(stamp.received_at, datetime)
    hour = int(moment.timestamp()) // _SECONDS_PER_HOUR * _SECONDS_PER_HOUR
    encoded = report.encode(msgspec.structs.replace(received, timestamp=str(hour)))
    key = stamp.report_key if _KEY.fullmatch(stamp.report_key or "") else None
    return SpooledReport(number, key or _key(spool_id, number), hour, encoded)


def _key(spool_id: str, number: int) -> str:
    return blake2b(f"{spool_id} {number}".encode(), digest_size=_KEY_BYTES).hexdigest()


COMMAND: Final = Command(Import, import_reports)
