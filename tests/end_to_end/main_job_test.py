"""From a cluster to the census with the built programs."""

import http.client
import json
import secrets
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.end_to_end.programs import COLLECTOR, VOLUNTEER, run
from tools.demo.programs import LOOPBACK, Collector
from tools.demo.wire_tap import running_wire_tap
from tools.simulator import Cluster, Simulator, running_simulator

Start = Callable[[], Collector]


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """A cluster of 7 nodes."""
    with running_simulator(Cluster.generate(nodes=7, seed=7)) as running:
        yield running


@pytest.fixture
def port() -> int:
    """A port that was free a moment ago."""
    with socket.create_server((LOOPBACK, 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture
def start(tmp_path: Path, port: int) -> Iterator[Start]:
    """Return a function that starts the collector, on the same files each time."""
    started: list[Collector] = []

    def start_collector() -> Collector:
        collector = Collector(
            COLLECTOR, port=port, data_dir=tmp_path / "data", log=tmp_path / "collector.log"
        )
        started.append(collector)
        collector.wait_until_ready()
        return collector

    yield start_collector
    for collector in started:
        collector.kill()


@pytest.fixture
def volunteer_settings(simulator: Simulator, tmp_path: Path) -> tuple[str, ...]:
    """Flags for one report on the simulated cluster."""
    key_file = tmp_path / "key"
    key_file.write_text(secrets.token_hex(32))
    kubeconfig = simulator.kubeconfig(tmp_path / "kubeconfig")
    return (
        *("--cluster-id", "auto", "--key-file", str(key_file)),
        *("--kubeconfig", str(kubeconfig), "--period", "0"),
    )


def rows(data_dir: Path) -> list[Any]:
    """Return the rows of the census as JSON documents, without what was absent."""
    with duckdb.connect() as connection:
        files = f"{data_dir}/reports/*/*.parquet"
        connection.read_parquet(files, union_by_name=True).create_view("reports")
        found = connection.execute("SELECT to_json(reports) FROM reports").fetchall()
    return [without_nulls(json.loads(row)) for (row,) in found]


def without_nulls(value: Any) -> Any:  # noqa: ANN401 (any JSON document)
    """Return a JSON document without the members that are null."""
    if isinstance(value, dict):
        return {name: without_nulls(member) for name, member in value.items() if member is not None}
    if isinstance(value, list):
        return [without_nulls(member) for member in value]
    return value


def post(port: int, cluster_id: str) -> int:
    """Post a minimal report and return the status."""
    body = json.dumps({"version": "v0", "clusterID": cluster_id})
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=10)
    connection.request("POST", "/api/v1", body, {"Content-Type": "application/json"})
    status = connection.getresponse().status
    connection.close()
    return status


def test_rows_equal_what_was_sent(
    tmp_path: Path, port: int, start: Start, volunteer_settings: tuple[str, ...]
) -> None:
    """What is in the warehouse is the report that went over the wire, stamped."""
    collector = start()
    with running_wire_tap(port) as tap:
        finished = run(VOLUNTEER, *volunteer_settings, "--database", tap.url)
    collector.stop()

    assert (finished.returncode, finished.stdout) == (0, ""), finished.stderr
    [sent] = tap.sent
    assert sent.status == 204
    report = json.loads(sent.body)
    [row] = rows(tmp_path / "data")
    assert len(report["nodes"]) == 7
    for field in ("version", "clusterID", "masterVersion", "nodes"):
        assert row[field] == report[field]
    assert int(str(row["timestamp"])) % 3600 == 0


def test_drained_to_empty_then_killed(tmp_path: Path, port: int, start: Start) -> None:
    """A report acknowledged right before SIGKILL is there once, even after an empty spool."""
    collector = start()
    assert post(port, "first") == 204
    collector.stop()  # drains the spool to empty

    collector = start()
    assert post(port, "second") == 204
    collector.kill()

    start().stop()
    assert sorted(str(row["clusterID"]) for row in rows(tmp_path / "data")) == ["first", "second"]


def test_same_settings_same_pseudonyms(volunteer_settings: tuple[str, ...]) -> None:
    """With the same key the cluster and its nodes keep their pseudonyms from report to report."""
    reports = [
        json.loads(run(VOLUNTEER, *volunteer_settings, "--database", "stdout").stdout)
        for _ in range(2)
    ]
    assert reports[0]["clusterID"] == reports[1]["clusterID"]
    assert [node["id"] for node in reports[0]["nodes"]] == [
        node["id"] for node in reports[1]["nodes"]
    ]


def test_collector_refused_port(port: int, tmp_path: Path) -> None:
    """A port that is taken is one clear line and a non-zero exit."""
    with socket.create_server((LOOPBACK, port)):
        finished = run(
            COLLECTOR, "--host", LOOPBACK, "--port", str(port), "--data-dir", tmp_path / "data"
        )
    assert finished.returncode != 0
    assert str(port) in finished.stderr
    assert "Traceback" not in finished.stderr
