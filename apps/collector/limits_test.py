"""The limits and metrics of the whole program: a process, real files, real HTTP."""

import http.client
import os
import random
import subprocess
import sys
from base64 import b64encode
from contextlib import closing
from pathlib import Path
from threading import Thread

from collector import main
from collector.testing import DEADLINE_SECONDS, RunningCollector, report_of, wait_until

MOST_POSTS = 60


def large_report(cluster_id: str) -> dict[str, object]:
    """Return a report of about 100 KB that hardly gets smaller by compression."""
    chance = random.Random(cluster_id)
    extensions = [
        {"name": f"e{each}", "value": b64encode(chance.randbytes(3_000)).decode()}
        for each in range(25)
    ]
    return {**report_of(cluster_id), "extensions": extensions}


def metrics_of(collector: RunningCollector) -> dict[str, float]:
    ports = [line["admin_port"] for line in collector.log if "admin_port" in line]
    connection = http.client.HTTPConnection("127.0.0.1", int(str(ports[0])), timeout=30)
    with closing(connection):
        connection.request("GET", "/metrics")
        lines = connection.getresponse().read().decode().splitlines()
    samples = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {name: float(value) for name, _, value in samples}


def test_a_full_spool_refuses_and_recovers(tmp_path: Path) -> None:
    """While the warehouse takes nothing reports are accepted up to the limit, and then again."""
    # Nobody reads standard output, so the warehouse takes what fits into a pipe.
    with RunningCollector(tmp_path, "--database", "stdout", "--spool-limit", "1") as collector:
        statuses: list[int] = []
        while not statuses or (statuses[-1] == 204 and len(statuses) < MOST_POSTS):
            statuses.append(collector.post(large_report(f"c-{len(statuses)}"))[0])
        assert statuses[-1] == 503
        assert statuses.count(204) >= 10
        status, document = collector.request("GET", "/readyz")
        assert status == 503
        assert "the spool is full" in str(document["reasons"])
        assert collector.request("GET", "/healthz")[0] == 200
        reader = Thread(target=collector.process.communicate, daemon=True)
        reader.start()
        wait_until(lambda: collector.request("GET", "/readyz")[0] == 200)
        assert collector.post(large_report("later"))[0] == 204
        collector.kill()
        reader.join(DEADLINE_SECONDS)


def test_a_disk_with_too_little_room_takes_no_report(tmp_path: Path) -> None:
    """The room that has to stay free is not used up for reports."""
    with RunningCollector(tmp_path, "--free-disk", str(2**40)) as collector:
        assert collector.post(report_of("one"))[0] == 503
        reasons = collector.request("GET", "/readyz")[1]["reasons"]
        assert "the disk is full" in str(reasons)
        assert collector.stop() == 0
    events = [line.get("event") for line in collector.log]
    assert events.count("no more reports are taken until there is room") == 1


def test_a_client_that_posts_too_often(tmp_path: Path) -> None:
    """Posts above the rate are 429, and everything else goes on."""
    with RunningCollector(tmp_path, "--rate-limit", "2") as collector:
        assert [collector.post(report_of("one"))[0] for _ in range(3)] == [204, 204, 429]
        assert collector.request("GET", "/readyz")[0] == 200
        assert collector.stop() == 0


def test_metrics_tell_what_happened(tmp_path: Path) -> None:
    """What was accepted, repeated, refused and drained can be read on the admin port."""
    key = {"Idempotency-Key": "retry-1"}
    with RunningCollector(tmp_path, "--admin-port", "0") as collector:
        for _ in range(2):
            assert collector.post(report_of("one"), key)[0] == 204
        assert collector.post({"version": "v1"})[0] == 400
        wait_until(lambda: metrics_of(collector)["spartakus_drain_batch_reports_sum"] == 1)
        wait_until(lambda: metrics_of(collector)["spartakus_spool_reports"] == 0)
        samples = metrics_of(collector)
        assert collector.request("GET", "/metrics")[0] == 404
        assert collector.stop() == 0
    assert samples["spartakus_reports_accepted_total"] == 1
    assert samples["spartakus_reports_repeated_total"] == 1
    assert samples['spartakus_posts_refused_total{reason="invalid_report"}'] == 1
    assert samples["spartakus_dead_letters"] == 0
    assert samples["spartakus_commit_seconds_count"] == 1


def test_a_service_of_our_name_is_no_port(tmp_path: Path) -> None:
    """What Kubernetes puts into SPARTAKUS_PORT for a Service is not taken for the flag."""
    file = tmp_path / "file"
    file.write_text("")
    outcome = subprocess.run(
        [sys.executable, "-m", main.__name__, "--data-dir", str(file)],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "SPARTAKUS_PORT": "tcp://10.0.0.1:80",
        },
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )
    assert outcome.returncode == 1
    assert f"the data directory {file} cannot be used" in outcome.stderr
