"""Counting the reports in a folder, by DuckDB in memory, and keeping releases beside them.

A collector may write there meanwhile: files are held open, and nothing is locked.
"""

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from fcntl import LOCK_EX, LOCK_NB
from itertools import groupby
from pathlib import Path
from typing import Final

import duckdb

from census import Counts, Period, count_keys
from census.quantities import SCALES
from collector.disk.errors import reason_of
from collector.disk.files import add_private, locked, read_private
from collector.errors import WarehouseUnavailable
from collector.warehouse.counting import CONSTANTS, CensusStore
from collector.warehouse.parquet import sql
from collector.warehouse.parquet.folder import Folder, Staging, day_name
from collector.warehouse.parquet.reading import OpenedFile, snapshot, split_damaged
from manifests import fill, read

MEMORY: Final = "400MB"
_MORE_MEMORY: Final = "; allow the collector 1 GiB of memory, and room in its data directory"
_ROWS_AT_ONCE: Final = 10_000
_RELEASES: Final = ".releases"
_SUFFIX: Final = ".json"
# `forget` deletes what begins with scratch-, in use or not.
_SCRATCH: Final = "scratch-count-"
_IN_USE: Final = "lock"
_EPOCH: Final = date(1970, 1, 1)


def _listed(values: Iterable[object]) -> str:
    return f"[{', '.join(map(str, values))}]"


_CONSTANTS: Final = {
    **CONSTANTS,
    "suffixes": _listed(map(sql.quoted, SCALES)),
    "multipliers": _listed(f"{multiplier}::HUGEINT" for multiplier, _ in SCALES.values()),
    "divisors": _listed(divisor for _, divisor in SCALES.values()),
}
_VOTERS: Final = fill(read("collector.warehouse.parquet", "counting.sql"), _CONSTANTS)
_COUNT_DAY: Final = fill(read("collector.warehouse.parquet", "counting_day.sql"), _CONSTANTS)
# A join keeps in memory what stands on its right, and not by a guess the reports with all their
# nodes; and rows are counted as they come, not kept to be read again for each question.
_NOT_WANTED: Final = "join_order,build_side_probe_side,grouping_sets"


class ParquetCensus(CensusStore):
    """The reports in a folder, and the releases in a hidden folder in it."""

    def __init__(self, path: Path, *, data_dir: Path) -> None:
        """`data_dir` takes what memory cannot hold."""
        self._folder: Final = Folder(path)
        self._data_dir: Final = data_dir
        self._releases: Final = path / _RELEASES

    def count(self, period: Period) -> Counts:
        """Count the reports of a period. Raises `WarehouseUnavailable`."""
        names = {day_name((day - _EPOCH).days) for day in period.days}
        with _scratch(self._data_dir) as staging, snapshot(self._folder) as files:
            counted = [each for each in files if each.path.parent.name in names]
            try:
                return _counts(counted, staging)
            except WarehouseUnavailable as error:
                _, damaged = split_damaged(counted, skip_damaged=True)
                if not damaged:
                    raise
                raise WarehouseUnavailable(
                    f"damaged: {', '.join(map(str, damaged))}; restore copies, or move them away"
                ) from error

    def releases(self) -> dict[str, bytes]:
        """Return what is kept. Raises `WarehouseUnavailable` or `FileUnusable`."""
        paths = sorted(self._releases.glob(f"[!.]*{_SUFFIX}"))
        return {path.name.removesuffix(_SUFFIX): read_private(path) for path in paths}

    def add_release(self, name: str, release: bytes) -> bytes:
        """Keep a release. Raises `WarehouseUnavailable` or `FileUnusable`."""
        path = self._releases / f"{name}{_SUFFIX}"
        return release if add_private(path, release) else read_private(path)

    def close(self) -> None:
        """Nothing is held between calls."""


def _counts(files: Sequence[OpenedFile], staging: Staging) -> Counts:
    if not files:
        return count_keys([])
    try:
        with duckdb.connect(
            config={
                "memory_limit": MEMORY,
                "threads": 2,
                "preserve_insertion_order": False,
                "temp_directory": staging.fd_path("spill"),
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "disabled_optimizers": _NOT_WANTED,
            }
        ) as connection:
            _create_view(connection, "reports", files)
            connection.execute(_VOTERS)
            return count_keys(_keys(connection, files))
    except duckdb.Error as error:
        reason = str(error).strip().partition("\n")[0]
        remedy = _MORE_MEMORY if isinstance(error, duckdb.OutOfMemoryException) else ""
        raise WarehouseUnavailable(f"the reports cannot be counted: {reason}{remedy}") from error


def _keys(
    connection: duckdb.DuckDBPyConnection, files: Sequence[OpenedFile]
) -> Iterator[tuple[str, str, int]]:
    """Count the keys a day at a time: memory holds the voters of a day, and no nodes."""
    for day, of_day in groupby(files, key=lambda each: each.path.parent.name):
        _create_view(connection, "reports_of_day", of_day)
        result = connection.execute(_COUNT_DAY, {"day": day})
        # A few at a time: there are as many as texts that somebody made up.
        while rows := result.fetchmany(_ROWS_AT_ONCE):
            yield from rows


def _create_view(
    connection: duckdb.DuckDBPyConnection, name: str, files: Iterable[OpenedFile]
) -> None:
    reports = sql.reports_in(each.fd_path for each in files)
    connection.execute(
        f"CREATE OR REPLACE VIEW {name} AS {sql.NO_REPORTS} UNION ALL BY NAME {reports}"
    )


@contextmanager
def _scratch(data_dir: Path) -> Iterator[Staging]:
    _remove_left_over(data_dir)
    try:
        folder = tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=data_dir)
    except OSError as error:
        raise WarehouseUnavailable(f"{data_dir} cannot be used: {reason_of(error)}") from error
    with (
        folder as path,
        locked(Path(path) / _IN_USE),
        Staging(Path(path) / "files") as staging,
    ):
        yield staging


def _remove_left_over(data_dir: Path) -> None:
    """Delete what a process that was killed left: parts of reports may be in it."""
    for folder in data_dir.glob(f"{_SCRATCH}*"):
        with suppress(OSError), locked(folder / _IN_USE, LOCK_EX | LOCK_NB):
            shutil.rmtree(folder)
