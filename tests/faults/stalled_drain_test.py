"""A drain that makes no progress for a minute, seen from outside. Takes longer than that."""

from pathlib import Path

from collector.telemetry.admin_client import AdminClient, Readiness
from collector.telemetry.admin_server import SOCKET_NAME
from collector.testing import RunningCollector, locked, post_all, wait_until

NOTICE = "reports are due and the drain has written none for a while"
GAUGE = "spartakus_drain_stalled"


def test_a_drain_that_stalls_shows_until_it_goes_on(tmp_path: Path) -> None:
    """The gauge, `/readyz` of service and admin socket, and one entry of the log say so; reports
    are accepted meanwhile, and once the drain goes on nothing says so any more.
    """
    with RunningCollector(tmp_path) as collector:
        admin = AdminClient(tmp_path / SOCKET_NAME)
        assert admin.samples().value(GAUGE) == 0
        with locked(tmp_path):
            post_all(collector, "one")
            wait_until(lambda: admin.samples().value(GAUGE) == 1, seconds=90)
            assert admin.readiness() == Readiness(ready=True, reasons=(NOTICE,))
            assert collector.request("GET", "/readyz") == (
                200,
                {"ready": True, "reasons": [NOTICE]},
            )
            post_all(collector, "two")
        wait_until(lambda: admin.samples().value(GAUGE) == 0)
        assert admin.readiness() == Readiness(ready=True, reasons=())
        assert collector.request("GET", "/readyz")[1]["reasons"] == []
        assert collector.stop() == 0
    assert [line["reports"] for line in collector.log if line.get("event") == NOTICE] == [1]
