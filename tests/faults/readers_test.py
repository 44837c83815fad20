"""Readers in a loop beside a collector under load, with constant compaction and forgetting.

Seconds; minutes with `--profile deep`.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import duckdb
import pyarrow.dataset
import pytest

from collector.testing import RunningCollector, clusters_in, run_collector, wait_until
from collector.warehouse.parquet.engine import Engine
from collector.warehouse.parquet.testing import folder_in
from collector.warehouse.parquet.upkeep import Upkeep
from tests.faults.load import Load

FORGOTTEN: Final = "client-1-7"
_MISSING: Final = ("No such file", "no such file", "Cannot open file", "No files found")


@pytest.fixture
def seconds(request: pytest.FixtureRequest) -> float:
    return 180.0 if request.config.getoption("profile") == "deep" else 8.0


@contextmanager
def rewriting(data_dir: Path) -> Iterator[list[int]]:
    """Merge all files and forget a cluster, repeatedly; yield the rows that each round removed."""
    stopping = threading.Event()
    rounds: list[int] = []

    def work() -> None:
        folder = folder_in(data_dir)
        with closing(Engine()) as engine:
            while not stopping.wait(0.5):
                Upkeep(folder, engine).compact(now=time.time() + 3 * 24 * 3_600)
                rounds.append(Upkeep(folder, engine).forget(FORGOTTEN).removed)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield rounds
    finally:
        stopping.set()
        thread.join()


def count_by_duckdb(data_dir: Path) -> tuple[int, int] | None:
    """Count rows and clusters as any user would; None where a file was gone by then."""
    try:
        with duckdb.connect() as connection:
            row = connection.execute(
                'SELECT count(*), count(DISTINCT "clusterID") FROM read_parquet(?)',
                [f"{data_dir}/reports/*/*.parquet"],
            ).fetchone()
    except duckdb.IOException as error:
        if not any(each in str(error) for each in _MISSING):
            raise
        return None
    assert row is not None
    return int(row[0]), int(row[1])


def count_by_pyarrow(data_dir: Path) -> tuple[int, int] | None:
    """Count rows and clusters by another reader; None where a file was gone by then."""
    try:
        files = pyarrow.dataset.dataset(str(data_dir / "reports"), format="parquet")
        if not files.files:  # the day's folder was exchanged while it was listed
            return None
        column = files.to_table(columns=["clusterID"])["clusterID"]
    except FileNotFoundError:
        return None
    return len(column), len(column.unique())


class UnlockedReader:
    """A reader that knows nothing of our locks, and what it counted last."""

    def __init__(self, count: Callable[[Path], tuple[int, int] | None], data_dir: Path) -> None:
        self._count: Final = count
        self._data_dir: Final = data_dir
        self._last = 0
        self.reads = 0
        self.succeeded = 0

    def read(self) -> None:
        """Count again: no row twice, and none missing but those of the forgotten cluster."""
        self.reads += 1
        counted = self._count(self._data_dir)
        if counted is None:
            return
        rows, clusters = counted
        assert rows == clusters
        assert rows >= self._last - 1
        self.succeeded += 1
        self._last = rows


def our_count(data_dir: Path) -> int:
    """Count by `sql`, which never fails."""
    query = 'SELECT count(*), count(DISTINCT "clusterID") FROM reports'
    words = ("sql", query, "--format", "csv", "--data-dir", str(data_dir))
    outcome = run_collector(*words)
    assert outcome.returncode == 0, outcome.stderr
    rows, clusters = map(int, outcome.stdout.splitlines()[1].split(b","))
    assert rows == clusters
    return rows


def test_readers_never_see_a_row_twice_nor_miss_one(tmp_path: Path, seconds: float) -> None:
    """Counts only grow, except for the forgotten cluster, and every accepted report is there."""
    load = Load()
    with RunningCollector(tmp_path, "--batch-seconds", "0.1") as collector:
        with load.on(collector, clients=2), rewriting(tmp_path) as rounds:
            wait_until(lambda: len(list(tmp_path.glob("reports/*/*.parquet"))) > 0)
            until = time.monotonic() + seconds
            ours = 0
            counts = (count_by_duckdb, count_by_pyarrow)
            readers = [UnlockedReader(each, tmp_path) for each in counts]
            while time.monotonic() < until or len(rounds) < 3:
                now = our_count(tmp_path)
                assert now >= ours - 1
                ours = now
                for reader in readers * 10:
                    reader.read()
        wait_until(collector.has_drained)
        assert collector.stop() == 0
    # Most reads succeed: "no such file" comes only when an exchange of folders is in between.
    assert all(2 * reader.succeeded > reader.reads for reader in readers)
    with closing(Engine()) as engine:
        Upkeep(folder_in(tmp_path), engine).forget(FORGOTTEN)
    load.accepted.remove(FORGOTTEN)
    load.attempted.remove(FORGOTTEN)
    load.check(clusters_in(tmp_path))
