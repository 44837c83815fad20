"""The system's clock is set back and forward under a collector that runs, by libfaketime."""

from pathlib import Path

import pytest

from collector.testing import RunningCollector, clusters_in, post_all, query, wait_until
from tests.faults.fake_clock import FakeClock


@pytest.fixture
def clock(tmp_path: Path) -> FakeClock:
    return FakeClock(tmp_path)


def received_days(data_dir: Path) -> dict[str, int]:
    """Return how many days before or after today each report was stamped, by cluster."""
    rows = query(
        data_dir,
        'SELECT "clusterID", round((epoch("receivedAt") - epoch(now())) / 86400)::INTEGER FROM r',
    )
    return {cluster_id: int(days) for cluster_id, days in rows}


def test_setting_the_clock_of_a_running_collector_loses_and_doubles_nothing(
    tmp_path: Path, clock: FakeClock
) -> None:
    """Reports before and after each jump are kept once, stamped with the clock on receipt."""
    data_dir = tmp_path / "data"
    with RunningCollector(data_dir, under=clock.environment) as collector:
        for offset, cluster in (("+0d", "now"), ("-400d", "back"), ("+400d", "forward")):
            clock.set(offset)
            post_all(collector, f"{cluster}-1", f"{cluster}-2")
            assert collector.request("GET", "/readyz")[0] == 200
            wait_until(collector.has_drained)
        clock.set("+0d")
        post_all(collector, "again-1")
        assert collector.stop() == 0
    assert clusters_in(data_dir) == sorted(
        ["again-1", "back-1", "back-2", "forward-1", "forward-2", "now-1", "now-2"]
    )
    days = received_days(data_dir)
    assert (days["now-1"], days["back-1"], days["forward-1"], days["again-1"]) == (0, -400, 400, 0)


def test_a_key_is_known_after_the_clock_was_set_back(tmp_path: Path, clock: FakeClock) -> None:
    """A retry that comes after the clock went back is a repeat, also after a restart."""
    data_dir = tmp_path / "data"
    key = {"Idempotency-Key": "k-1"}
    body = {"version": "v1", "clusterID": "one"}
    with RunningCollector(data_dir, under=clock.environment) as collector:
        assert collector.post(body, key)[0] == 204
        clock.set("-400d")
        assert collector.post(body, key)[0] == 204
        wait_until(collector.has_drained)
        collector.kill()
    with RunningCollector(data_dir, under=clock.environment) as collector:
        assert collector.post(body, key)[0] == 204
        assert collector.stop() == 0
    assert clusters_in(data_dir) == ["one"]
