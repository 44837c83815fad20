"""Death at any moment: what was answered 204 is in DuckDB exactly once, and nothing else is.

Twenty kills; a hundred with `--profile deep`.
"""

import os
import random
import signal
from functools import partial
from pathlib import Path

import pytest

from collector.testing import RunningCollector, clusters_in, wait_until
from tests.faults.load import Load


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    return 100 if request.config.getoption("profile") == "deep" else 20


def test_kills_at_random_moments_under_load_lose_and_double_nothing(
    tmp_path: Path, kills: int
) -> None:
    """Every 204 is in the database exactly once after kills of either process at any moment."""
    chance = random.Random()
    load = Load()
    for _ in range(kills):
        enough = len(load.accepted) + chance.randrange(1, 400)
        with RunningCollector(tmp_path) as collector, load.on(collector):
            wait_until(partial(load.has_accepted, enough))
            drain = collector.drain_pid()
            if drain is not None and chance.random() < 0.5:
                os.kill(drain, signal.SIGKILL)
            collector.kill()
    with RunningCollector(tmp_path) as collector:
        assert collector.stop() == 0
    assert len(load.accepted) > kills
    load.check(clusters_in(tmp_path / "reports.duckdb"))


def test_a_drain_that_is_killed_under_load_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Reports posted while the drain dies again and again are in the database exactly once."""
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
    load.check(clusters_in(tmp_path / "reports.duckdb"))
