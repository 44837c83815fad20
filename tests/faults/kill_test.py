"""Kills at any moment: each report answered 204 is in the folder exactly once, nothing else is,
and every file opens after each kill.

Fifty kills; a thousand with `--profile deep`.
"""

import os
import random
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import duckdb
import pytest

from collector.testing import RunningCollector, clusters_in, wait_until
from tests.faults.load import Load


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    return 1_000 if request.config.getoption("profile") == "deep" else 50


@dataclass
class FilesRead:
    """The files that were read whole. They are immutable, so each is read once."""

    known: set[tuple[Path, int, int, int]] = field(default_factory=set)

    def add_new(self, data_dir: Path) -> None:
        """Read each file that a reader would find and that was not read before."""
        for file in sorted(data_dir.glob("reports/*/*.parquet")):
            status = file.stat()
            identity = (file, status.st_ino, status.st_mtime_ns, status.st_size)
            if identity not in self.known:
                _read_whole([file])
                self.known.add(identity)


def open_every_file(data_dir: Path) -> int:
    """Read each file that a reader would find, all of it; return how many there are."""
    files = sorted(data_dir.glob("reports/*/*.parquet"))
    _read_whole(files)
    return len(files)


def _read_whole(files: Sequence[Path]) -> None:
    with duckdb.connect() as connection:
        for file in files:
            connection.read_parquet(str(file)).aggregate("count(COLUMNS(*))").fetchall()


def kill_some(collector: RunningCollector, chance: random.Random) -> None:
    """Kill the drain, the collector, both, one after the other, or their process group at once."""
    drain = collector.drain_pid()
    choice = chance.randrange(4)
    if choice == 0:
        os.killpg(collector.process.pid, signal.SIGKILL)
    if choice in {1, 2} and drain is not None:
        with suppress(ProcessLookupError):
            os.kill(drain, signal.SIGKILL)
    if choice == 1:  # the next drain is killed in its work too
        wait_until(lambda: collector.drain_pid() not in {drain, None})
    collector.kill()


def test_kills_at_random_moments_under_load_lose_and_double_nothing(
    tmp_path: Path, kills: int
) -> None:
    """Every 204 is in the folder exactly once after kills of either process at any moment."""
    chance = random.Random()
    load, read = Load(), FilesRead()
    for _ in range(kills):
        enough = len(load.accepted) + chance.randrange(1, 100)
        waiting = str(chance.choice((0, 0, 0.05, 0.2)))
        with (
            RunningCollector(tmp_path, "--batch-seconds", waiting, under=("setsid",)) as collector,
            load.on(collector),
        ):
            wait_until(partial(load.has_accepted, enough))
            kill_some(collector, chance)
        read.add_new(tmp_path)
    with RunningCollector(tmp_path) as collector:
        assert collector.stop() == 0
    assert len(load.accepted) > kills
    assert open_every_file(tmp_path) > 0
    load.check(clusters_in(tmp_path))


def test_a_drain_that_is_killed_under_load_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Reports posted while the drain dies again and again are in the folder exactly once."""
    load = Load()
    with RunningCollector(tmp_path) as collector:
        with load.on(collector, clients=2):
            killed: set[int | None] = {None}
            for enough in (200, 400, 600):
                wait_until(partial(load.has_accepted, enough))
                wait_until(lambda: collector.drain_pid() not in killed)
                drain = collector.drain_pid()
                assert drain is not None
                os.kill(drain, signal.SIGKILL)
                killed.add(drain)
        assert load.refused == []
        wait_until(collector.has_drained)
        assert collector.stop() == 0
    load.check(clusters_in(tmp_path))
