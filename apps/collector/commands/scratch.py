"""A place for what a command cannot hold in memory."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from collector.errors import CommandFailed
from collector.warehouse.parquet.folder import Staging

SCRATCH: Final = "scratch-"


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
