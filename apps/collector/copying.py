"""Copying what was collected from a DuckDB file to another database."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final, Protocol

import msgspec
from msgspec import Struct

from collector.errors import CommandFailed
from collector.records import Batch, SpooledReport
from collector.warehouse import Warehouse
from collector.warehouse.abilities import Merges

_MAX_REPORTS: Final = 1_000
_MAX_BYTES: Final = 4 * 1024 * 1024
# Batches carry the ID of a spool; this one never was one, and no position is kept for it.
_NO_SPOOL: Final = "copy"


class Source(Protocol):
    """Where reports come from; see `collector.warehouse.duckdb_reader.DuckDBReader`."""

    def count(self) -> int:
        """Return how many reports there are."""

    def reports_from(self, position: int) -> Iterator[SpooledReport]:
        """Return the reports from a position on (their `row_id`), in order of position."""


class _Progress(Struct, frozen=True):
    target: str
    reports: int
    position: int


class ProgressFile:
    """How far an unfinished copy is: a file beside the source, gone once the copy is finished.

    It counts only for the same target, and while the source holds as many reports as before: what
    was added since may stand before the position.
    """

    def __init__(self, path: Path, *, target: str, reports: int) -> None:
        self._path: Final = path
        self._target: Final = target
        self._reports: Final = reports

    def load(self) -> int:
        """Return the position to go on from, 0 for the beginning."""
        try:
            progress = msgspec.json.decode(self._path.read_bytes(), type=_Progress)
        except (OSError, msgspec.DecodeError):
            return 0
        is_same = (progress.target, progress.reports) == (self._target, self._reports)
        return progress.position if is_same else 0

    def save(self, position: int) -> None:
        """Note that every report before `position` is copied. Raises `CommandFailed`."""
        progress = _Progress(self._target, self._reports, position)
        unfinished = self._path.with_name(f"{self._path.name}.new")
        try:
            unfinished.write_bytes(msgspec.json.encode(progress))
            unfinished.replace(self._path)
        except OSError as error:
            raise CommandFailed(f"{self._path} cannot be written: {error.strerror}") from error

    def remove(self) -> None:
        """Note that the copy is finished."""
        self._path.unlink(missing_ok=True)


def copy_reports(
    source: Source, target: Warehouse, progress: ProgressFile, *, copied: Callable[[int], None]
) -> None:
    """Copy every report of `source`; `copied` is told how many, batch by batch.

    A target that knows what it has gets what is missing. Any other gets all from where an
    unfinished copy ended: each at least once, and some twice, which the keys tell.
    Raises `WarehouseUnavailable` and the like; the next copy goes on then.
    """
    if isinstance(target, Merges):
        for batch in _batches(source.reports_from(0)):
            target.merge(batch)
            copied(len(batch.reports))
        return
    for batch in _batches(source.reports_from(progress.load())):
        target.write(batch)
        progress.save(batch.watermark.last_id)
        copied(len(batch.reports))
    progress.remove()


def _batches(reports: Iterable[SpooledReport]) -> Iterator[Batch]:
    gathered: list[SpooledReport] = []
    size = 0
    for each in reports:
        gathered.append(each)
        size += len(each.encoded)
        if len(gathered) >= _MAX_REPORTS or size >= _MAX_BYTES:
            yield Batch(_NO_SPOOL, tuple(gathered))
            gathered, size = [], 0
    if gathered:
        yield Batch(_NO_SPOOL, tuple(gathered))
