"""How a program that reports once ends: what became of the report, as an exit status."""

import json
from pathlib import Path
from typing import IO

import pytest

from tools.simulator import Cluster, Forbidden, Rule, Script, running_simulator
from volunteer.conftest import CLUSTER, UUID, run
from volunteer.delivery.testing import Says, running_collector
from volunteer.testing import free_port


def test_delivered(kubeconfig: str) -> None:
    """A report that a collector takes as the original's did is delivered: 204 to plain JSON."""
    with running_collector() as collector:
        finished = run(CLUSTER, "--period=0", f"--database={collector.url}", kubeconfig)
    assert (finished.returncode, finished.stdout) == (0, "")
    (received,) = collector.received
    assert received.target == "/api/v1"
    assert json.loads(received.body)["clusterID"] == UUID
    assert UUID not in finished.stderr


def test_refused(kubeconfig: str) -> None:
    """A refusal is exit status 4, with the collector's own words."""
    problem = b'{"title": "Invalid report", "detail": "$.nodes: too many"}'
    with running_collector(Says(400, {}, problem)) as collector:
        finished = run(CLUSTER, "--period=0", f"--database={collector.url}", kubeconfig)
    assert finished.returncode == 4
    assert finished.stderr.endswith(
        "report refused: the collector answered 400: Invalid report: $.nodes: too many\n"
    )


def test_not_delivered(kubeconfig: str) -> None:
    """A collector that cannot be reached in time is exit status 5."""
    database = f"--database=http://127.0.0.1:{free_port()}"
    finished = run(CLUSTER, "--period=0", "--retry-for=1s", database, kubeconfig)
    assert finished.returncode == 5
    assert finished.stderr.endswith("report not delivered in time: connection refused\n")


def test_full_disk(kubeconfig: str, full_disk: IO[bytes]) -> None:
    """A report that cannot be written is exit status 5."""
    finished = run(CLUSTER, "--period=0", kubeconfig, stdout=full_disk)
    assert finished.returncode == 5
    assert finished.stderr.endswith("standard output: No space left on device\n")


@pytest.mark.parametrize(("period", "status"), [("0", 0), ("tomorrow", 2)])
def test_log_is_lost(kubeconfig: str, full_disk: IO[bytes], period: str, status: int) -> None:
    """The exit status is the same where the log cannot be written."""
    finished = run(CLUSTER, f"--period={period}", kubeconfig, stderr=full_disk)
    assert finished.returncode == status
    assert finished.stdout.count("\n") == (status == 0)


def test_forbidden(tmp_path: Path) -> None:
    """A cluster that forbids to be observed is exit status 3, with what grants it."""
    script = Script(rules=(Rule(path="/api/v1/nodes", fault=Forbidden()),))
    with running_simulator(Cluster.generate(nodes=1, seed=1), script=script) as simulator:
        file = simulator.kubeconfig(tmp_path / "kubeconfig")
        finished = run(CLUSTER, "--period=0", f"--kubeconfig={file}")
    assert finished.returncode == 3
    assert "forbids `list nodes` (RBAC)" in finished.stderr
    assert ": kubectl create clusterrole " in finished.stderr
    assert " && kubectl create clusterrolebinding " in finished.stderr
    assert "Traceback" not in finished.stderr


def test_wrong_authority(tmp_path: Path) -> None:
    """A cluster whose certificate is not valid is exit status 3."""
    with running_simulator(Cluster.generate(nodes=1, seed=1), tls=True) as simulator:
        file = simulator.kubeconfig(tmp_path / "kubeconfig", certificate_authority=False)
        finished = run(CLUSTER, "--period=0", f"--kubeconfig={file}")
    assert finished.returncode == 3
    assert "its certificate is not accepted: " in finished.stderr


def test_defect() -> None:
    """What nobody expected, here a shell that asks without saying what, is exit status 70 and one
    line that says where, without a traceback.
    """
    finished = run(CLUSTER, variables={"_VOLUNTEER_COMPLETE": "complete_bash"})
    assert (finished.returncode, finished.stdout) == (70, "")
    assert finished.stderr.startswith("volunteer: a defect of the program: KeyError in ")
    assert finished.stderr.count("\n") == 1
