"""What several commands share: the folder of reports, temporary files, and standard streams."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from collector.errors import CommandFailed
from collector.settings import WarehouseSettings
from collector.warehouse.parquet import ParquetFolder
from collector.warehouse.parquet.folder import Folder, Staging
from command_line.errors import discard_output
from command_line.flags import switch

SCRATCH: Final = "scratch-"


class ReadSettings(WarehouseSettings, frozen=True, kw_only=True):
    """What a command takes that reads a folder of Parquet files."""

    skip_damaged: bool = switch(
        has_variable=False, help="Go on without files that are damaged; they are named."
    )


def existing_folder(settings: WarehouseSettings) -> Folder:
    """Return the folder of reports that `settings` name.

    Raises `CommandFailed` for another kind of warehouse, and where there is no folder.
    """
    address = settings.warehouse
    if not isinstance(address, ParquetFolder):
        raise CommandFailed(
            "only a folder of Parquet files is read by this command; ask the other one itself"
        )
    if not address.path.is_dir():
        raise CommandFailed(f"there is no folder of reports {address.path}")
    return Folder(address.path)


@contextmanager
def scratch(data_dir: Path) -> Iterator[Staging]:
    """Give a private folder that is removed afterwards: in TMPDIR or /tmp, else in `data_dir`.

    A container may have no other place to write to. Raises `CommandFailed`.
    """
    with _folder(data_dir) as path, Staging(Path(path) / "files") as staging:
        yield staging


def _folder(data_dir: Path) -> "tempfile.TemporaryDirectory[str]":
    try:
        return tempfile.TemporaryDirectory(prefix=SCRATCH)
    except OSError:
        pass
    try:
        return tempfile.TemporaryDirectory(prefix=SCRATCH, dir=data_dir)
    except OSError as error:
        raise CommandFailed(
            f"there is no place for temporary files: {error.strerror}; name one in TMPDIR"
        ) from error


def remove_left_over(data_dir: Path, prefix: str) -> None:
    """Delete what commands that were killed left in `data_dir`."""
    for folder in data_dir.glob(f"{prefix}*"):
        shutil.rmtree(folder, ignore_errors=True)


def standard_input() -> BinaryIO:
    """Return standard input. Raises `CommandFailed` where the program was started without one."""
    if sys.stdin is None:
        raise CommandFailed("standard input is closed")
    return sys.stdin.buffer


@contextmanager
def standard_output() -> Iterator[BinaryIO]:
    """Give standard output, and flush it. Raises `CommandFailed` where it cannot be written."""
    if sys.stdout is None:
        raise CommandFailed("standard output is closed")
    try:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    except OSError as error:
        discard_output()
        raise CommandFailed(f"standard output cannot be written: {error.strerror}") from error
