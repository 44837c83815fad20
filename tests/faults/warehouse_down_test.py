"""A warehouse that is down for a while, and posts that continue.

Seconds; three minutes with `--profile deep`.
"""

import time
from pathlib import Path

import pytest

from collector.drain.loop import Pace
from collector.testing import (
    DEADLINE_SECONDS,
    RunningCollector,
    clusters_in,
    wait_until,
)
from tests.faults.file_limit import files_limited
from tests.faults.load import Load

GROWTH_KIB = 16 * 1024


@pytest.fixture
def down_seconds(request: pytest.FixtureRequest) -> int:
    return 180 if request.config.getoption("profile") == "deep" else 4


def resident_kib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


def test_posts_are_accepted_while_the_warehouse_is_down_and_delivered_afterwards(
    tmp_path: Path, down_seconds: int
) -> None:
    """No post is refused, memory stays flat, and each report is in the warehouse once."""
    load = Load()
    with RunningCollector(tmp_path) as collector:
        drain = collector.drain_pid()
        assert drain is not None
        with files_limited(drain, 0), load.on(collector, clients=2):
            wait_until(lambda: load.has_accepted(500))
            before = resident_kib(collector.process.pid)
            time.sleep(down_seconds)  # no condition to wait for: so long is the warehouse down
            growth = resident_kib(collector.process.pid) - before
            assert collector.request("GET", "/readyz")[0] == 200
        waiting = len(load.accepted)
        # The drain may have begun its longest pause a moment before the warehouse came back.
        wait_until(collector.has_drained, seconds=Pace.last_retry_seconds + DEADLINE_SECONDS)
        assert collector.stop() == 0
    assert load.refused == []
    assert waiting > 1_000
    assert growth < GROWTH_KIB
    complaints = [line for line in collector.log if "takes no reports" in str(line["event"])]
    assert len(complaints) == 1
    load.check(clusters_in(tmp_path))
