"""From a cluster to the census, in containers."""

import json
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import duckdb

from tests.containers.conftest import Start
from tests.containers.engine import COLLECTOR, PORT, VOLUNTEER, Container, Finished, Volume, run
from tools.simulator import Cluster, running_simulator

_REPORTS: Final = 20
_MANY_NODES: Final = 5_000
_ENDS_WITHIN_SECONDS: Final = 3.0
_STARTS_WITHIN_SECONDS: Final = 10.0
"""It is about one; a machine that does much else at the same time is given more."""
_IDLE_BYTES: Final = 10 * 1024 * 1024
_MEMORY_LIMIT: Final = re.compile(r"limits:\n +memory: (\d+)Mi\n")


def settings(folder: Path) -> tuple[str, ...]:
    """Return options that mount a fresh key, and the kubeconfig that lies in `folder`."""
    folder.chmod(0o755)
    (folder / "key").write_text(secrets.token_hex(32))
    return tuple(
        f"--volume={folder / name}:/etc/spartakus/{name}:ro" for name in ("key", "kubeconfig")
    )


def memory_limit() -> tuple[str, ...]:
    """Return options that limit memory as the volunteer's manifest does."""
    manifest = run(VOLUNTEER, "manifest", "--image=volunteer", "--database=stdout").output
    (mebibytes,) = _MEMORY_LIMIT.findall(manifest)
    return (f"--memory={mebibytes}m", f"--memory-swap={mebibytes}m")


def report(folder: Path, collector: Container, *, nodes: int) -> Finished:
    """Run a volunteer once, from a simulated cluster to the collector."""
    cluster = Cluster.generate(nodes=nodes, seed=1)
    with running_simulator(cluster, host=collector.gateway) as simulator:
        simulator.kubeconfig(folder / "kubeconfig")
        return run(
            VOLUNTEER,
            *("--cluster-id=auto", "--key-file=/etc/spartakus/key"),
            *("--kubeconfig=/etc/spartakus/kubeconfig", "--period=0"),
            f"--database=http://{collector.address}:{PORT}",
            options=(*memory_limit(), *settings(folder)),
        )


def post(collector: Container, cluster_id: str) -> int:
    """Post a minimal report and return the status."""
    body = json.dumps({"version": "v0", "clusterID": cluster_id}).encode()
    return collector.request("POST", "/api/v1", body)


def rows(collector: Container, folder: Path) -> list[tuple[Any, ...]]:
    """Return cluster ID and number of nodes of each row that a stopped collector has kept."""
    copy = folder / "reports"
    collector.copy("/data/reports", copy)
    with duckdb.connect() as connection:
        reports = connection.read_parquet(f"{copy}/*/*.parquet", union_by_name=True)
        return reports.project("clusterID, len(nodes)").fetchall()


def test_nothing_lost(start_collector: Callable[[], Container], tmp_path: Path) -> None:
    """Each report that got a 204 is in the volume once, though the collector was killed and
    another one took over.
    """
    collector = start_collector()
    finished = report(tmp_path, collector, nodes=7)
    assert (finished.status, finished.output) == (0, ""), finished.log
    first = [post(collector, f"first-{number}") for number in range(_REPORTS)]
    collector.kill()

    collector = start_collector()
    assert collector.get("/") == 200
    second = [post(collector, f"second-{number}") for number in range(_REPORTS)]
    assert first + second == [204] * (2 * _REPORTS)
    assert collector.stop()[0] == 0, collector.log

    kept = rows(collector, tmp_path)
    posted = {f"{part}-{number}" for part in ("first", "second") for number in range(_REPORTS)}
    assert len(kept) == 2 * _REPORTS + 1
    assert posted < {cluster_id for cluster_id, _ in kept}
    assert [nodes for _, nodes in kept if nodes] == [7]


def test_large_cluster(start_collector: Callable[[], Container], tmp_path: Path) -> None:
    """A report of 5,000 nodes is made within the memory that the manifest allows, and kept."""
    collector = start_collector()
    finished = report(tmp_path, collector, nodes=_MANY_NODES)
    assert finished.status == 0, finished.log
    assert collector.stop()[0] == 0, collector.log
    assert [nodes for _, nodes in rows(collector, tmp_path)] == [_MANY_NODES]


def test_collector_starts_and_ends_soon(start: Start, data: Volume) -> None:
    """An idle collector answers soon after its start, and soon exits with 0 on SIGTERM."""
    options = (f"--publish=127.0.0.1::{PORT}", f"--volume={data}:/data")
    collector = start(COLLECTOR, options=options)
    assert collector.wait(collector.is_ready) < _STARTS_WITHIN_SECONDS
    status, seconds = collector.stop()
    assert status == 0
    assert seconds < _ENDS_WITHIN_SECONDS


def test_idle_volunteer(
    start: Start, start_collector: Callable[[], Container], tmp_path: Path
) -> None:
    """Between two reports the volunteer holds almost nothing, and soon exits with 0 on SIGTERM."""
    gateway = start_collector().gateway
    with running_simulator(Cluster.generate(nodes=7, seed=1), host=gateway) as simulator:
        simulator.kubeconfig(tmp_path / "kubeconfig")
        volunteer = start(
            VOLUNTEER,
            *("--cluster-id=auto", "--key-file=/etc/spartakus/key", "--jitter=0"),
            *("--kubeconfig=/etc/spartakus/kubeconfig", "--period=24h"),
            options=(*memory_limit(), *settings(tmp_path)),
        )
        volunteer.wait(lambda: '"clusterID"' in volunteer.log)
        volunteer.wait(lambda: volunteer.resident_bytes < _IDLE_BYTES)
    status, seconds = volunteer.stop()
    assert status == 0, volunteer.log
    assert seconds < _ENDS_WITHIN_SECONDS
