"""A place for what is not finished, on the same file system as what it will be."""

import os
import shutil
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from collector.private_files import FILE_MODE, FOLDER_MODE


class Staging:
    """A folder that is gone at the end of the `with` block, with all that is still in it."""

    def __init__(self, path: Path) -> None:
        self.path: Final = path
        self._descriptor = -1

    def __enter__(self) -> Self:
        self.path.mkdir(mode=FOLDER_MODE)
        self._descriptor = os.open(self.path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._descriptor)
        shutil.rmtree(self.path, ignore_errors=error is not None)

    def address(self, name: str) -> str:
        """Return a path of `name` in here for DuckDB, to which `*` or `?` in a path are a pattern.

        It has none, whatever the folder is called, and is good until the end of the block.
        """
        return f"/proc/self/fd/{self._descriptor}/{name}"

    def make_folder(self, name: str) -> None:
        """Make a folder in here where it is missing."""
        (self.path / name).mkdir(mode=FOLDER_MODE, exist_ok=True)

    def sync(self, name: str) -> None:
        """Return once a finished file is on disk. It is nobody else's, whatever the umask."""
        descriptor = os.open(self.path / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            os.fchmod(descriptor, FILE_MODE)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
