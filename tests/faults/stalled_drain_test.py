"""A drain that makes no progress for a minute, seen from outside. Takes over a minute."""

from pathlib import Path

from collector.telemetry.admin_client import AdminClient, Readiness
from collector.telemetry.admin_server import SOCKET_NAME
from collector.testing import RunningCollector, locked, post_all, wait_until

NOTICE = "reports are due and the drain has written none for a while"
GAUGE = "spartakus_drain_stalled"


def test_a_stalled_drain_is_reported_until_it_recovers(tmp_path: Path) -> None:
    """The gauge, `/readyz` of service and admin socket, and one log entry say so; reports
    are accepted meanwhile, and the notices disappear once the drain makes progress.
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
