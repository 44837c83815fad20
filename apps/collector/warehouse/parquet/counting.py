"""Counting the reports in a folder, by DuckDB in memory, and keeping releases beside them.

A collector may write there meanwhile: files are held open, and nothing is locked.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Final

import duckdb

from census import Counts, Period, count_keys
from census.quantities import SCALES
from collector.disk.errors import reason_of
from collector.disk.files import add_private, open_private
from collector.errors import FileUnusable, WarehouseUnavailable
from collector.warehouse.counting import CONSTANTS, CensusStore
from collector.warehouse.parquet import sql
from collector.warehouse.parquet.folder import Folder, Staging, day_name
from collector.warehouse.parquet.reading import snapshot, split_damaged
from manifests import fill, read

MEMORY: Final = "600MB"
_ROWS_AT_ONCE: Final = 10_000
_RELEASES: Final = ".releases"
_SUFFIX: Final = ".json"
_SCRATCH: Final = "scratch-"
_EPOCH: Final = date(1970, 1, 1)


def _scales(which: int) -> str:
    pairs = (f"'{suffix}': {scale[which]}::HUGEINT" for suffix, scale in SCALES.items())
    return f"MAP {{{', '.join(pairs)}}}"


_MACROS: Final = fill(
    read("collector.warehouse.parquet", "counting.sql"),
    {**CONSTANTS, "multipliers": _scales(0), "divisors": _scales(1)},
)
# A cluster was heard from on two days where its first and its last report are of different ones.
_COUNT: Final = """
WITH heard AS (
  FROM reports
  SELECT "clusterID", max("receivedAt") AS latest
  GROUP BY ALL
  HAVING date_trunc('day', min("receivedAt")) <> date_trunc('day', max("receivedAt"))
),
voters AS (
  FROM reports JOIN heard USING ("clusterID")
  SELECT "clusterID", latest, count(*) AS parts
  WHERE "receivedAt" = latest
  GROUP BY ALL
)
FROM (
  FROM reports JOIN voters USING ("clusterID")
  SELECT unnest(
    keys("masterVersion", distribution, nodes, workloads, parts), recursive := true
  )
  WHERE "receivedAt" = latest
)
SELECT question, key, sum(units)::HUGEINT
GROUP BY ALL
"""


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
                return _counts([each.fd_path for each in counted], staging)
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
        return {path.name.removesuffix(_SUFFIX): _read(path) for path in paths}

    def add_release(self, name: str, release: bytes) -> bytes:
        """Keep a release. Raises `WarehouseUnavailable` or `FileUnusable`."""
        path = self._releases / f"{name}{_SUFFIX}"
        return release if add_private(path, release) else _read(path)

    def close(self) -> None:
        """Nothing is held between calls."""


def _counts(paths: list[str], staging: Staging) -> Counts:
    if not paths:
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
            }
        ) as connection:
            connection.execute(_MACROS)
            union = f"{sql.NO_REPORTS} UNION ALL BY NAME {sql.reports_in(paths)}"
            connection.execute(f"CREATE VIEW reports AS {union}")
            return count_keys(_rows(connection.execute(_COUNT)))
    except duckdb.Error as error:
        reason = str(error).strip().partition("\n")[0]
        raise WarehouseUnavailable(f"the reports cannot be counted: {reason}") from error


def _rows(result: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str, int]]:
    """Return rows a few at a time: there are as many as texts that somebody made up."""
    while rows := result.fetchmany(_ROWS_AT_ONCE):
        yield from rows


@contextmanager
def _scratch(data_dir: Path) -> Iterator[Staging]:
    try:
        folder = tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=data_dir)
    except OSError as error:
        raise WarehouseUnavailable(f"{data_dir} cannot be used: {reason_of(error)}") from error
    with folder as path, Staging(Path(path) / "files") as staging:
        yield staging


def _read(path: Path) -> bytes:
    try:
        with open(open_private(path, os.O_RDONLY), "rb") as file:  # noqa: PTH123 - of a descriptor
            return file.read()
    except OSError as error:
        raise FileUnusable(f"{path} cannot be read: {reason_of(error)}") from error
