"""A disk that is full, over HTTP: no false 204, and recovery without a restart."""

from pathlib import Path

from collector.testing import RunningCollector, clusters_in, wait_until
from tests.faults.file_limit import files_limited
from tests.faults.load import Load


def test_posts_get_503_while_the_disk_of_the_spool_is_full(tmp_path: Path) -> None:
    """While the spool cannot grow posts get 503, and 204 again once it can; no 204 is false."""
    load = Load()
    with RunningCollector(tmp_path) as collector:
        with load.on(collector, clients=2):
            wait_until(lambda: load.has_accepted(50))
            with files_limited(collector.process.pid, 4_096):
                wait_until(lambda: len(load.refused) >= 20)
                status, document = collector.request("GET", "/readyz")
                assert (status, document["ready"]) == (503, False)
            enough = len(load.accepted) + 50
            wait_until(lambda: load.has_accepted(enough))
        assert collector.request("GET", "/readyz")[0] == 200
        assert collector.stop() == 0
    assert set(load.refused) == {503}
    load.check(clusters_in(tmp_path))


def test_reports_wait_while_the_disk_of_the_folder_is_full(tmp_path: Path) -> None:
    """While no file can be written posts are accepted; once one can, each is written once."""
    load = Load()
    with RunningCollector(tmp_path) as collector:
        drain = collector.drain_pid()
        assert drain is not None
        with load.on(collector, clients=2), files_limited(drain, 4_096):
            wait_until(lambda: "takes no reports" in str(collector.log))
            enough = len(load.accepted) + 200
            wait_until(lambda: load.has_accepted(enough))
            assert collector.request("GET", "/readyz")[0] == 200
        wait_until(collector.has_drained)
        assert collector.stop() == 0
    assert load.refused == []
    load.check(clusters_in(tmp_path))
