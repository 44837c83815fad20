"""The program against servers that would hold it: it ends in time, with the documented status."""

import time
from pathlib import Path
from typing import Final

import pytest

from command_line.errors import EXIT_USAGE
from tools.simulator import Cluster, EndlessContinue, Rule, Script, SlowHead, running_simulator
from volunteer.conftest import CLUSTER, run
from volunteer.delivery.testing import StaysSilent, running_collector
from volunteer.errors import EXIT_NOT_DELIVERED

_SLACK_SECONDS: Final = 15.0
_NO_HEAD: Final = (SlowHead(pause_seconds=0.02), EndlessContinue(pause_seconds=0.02))


def test_silent_collector(kubeconfig: str) -> None:
    """A collector that never answers costs no more than the time for the delivery."""
    with running_collector(*[StaysSilent()] * 9) as collector:
        before = time.monotonic()
        finished = run(
            CLUSTER, "--period=0", kubeconfig, f"--database={collector.url}", "--retry-for=3s"
        )
        took = time.monotonic() - before
    assert finished.returncode == EXIT_NOT_DELIVERED
    assert "report not delivered in time: no answer in time" in finished.stderr
    assert took < 3.0 + _SLACK_SECONDS


@pytest.mark.parametrize("fault", _NO_HEAD)
def test_collector_that_never_begins(kubeconfig: str, fault: SlowHead | EndlessContinue) -> None:
    """A collector that keeps the head of its answer back, too."""
    rule = Rule(path="/api/v1", times=None, fault=fault)
    script = Script(rules=(rule,))
    with running_simulator(Cluster.generate(nodes=1), script=script) as collector:
        before = time.monotonic()
        finished = run(
            CLUSTER, "--period=0", kubeconfig, f"--database={collector.url}", "--retry-for=3s"
        )
        took = time.monotonic() - before
    assert finished.returncode == EXIT_NOT_DELIVERED
    assert took < 3.0 + _SLACK_SECONDS


def test_certificate_of_a_collector(kubeconfig: str) -> None:
    """A certificate that nobody vouches for names --ca-file, and is not tried again for an hour."""
    with running_simulator(Cluster.generate(nodes=1), tls=True) as collector:
        finished = run(CLUSTER, "--period=0", kubeconfig, f"--database={collector.url}")
    assert finished.returncode == EXIT_NOT_DELIVERED
    assert finished.stderr.rstrip().endswith("; --ca-file names the authorities to trust")
    assert "trying again" not in finished.stderr


def test_no_kubeconfig() -> None:
    """Without any kubeconfig one line says how to name one."""
    finished = run(CLUSTER, "--period=0")
    assert finished.returncode == EXIT_USAGE
    line = finished.stderr.splitlines()[-1]
    assert line.endswith("cannot be read: No such file or directory (name one with --kubeconfig)")


def test_kubeconfig_of_the_variable(kubeconfig: str) -> None:
    """KUBECONFIG is read as kubectl reads it."""
    file = Path(kubeconfig.partition("=")[2])
    listed = f"{file.parent / 'missing'}:{file}"
    finished = run(CLUSTER, "--period=0", variables={"KUBECONFIG": listed})
    assert finished.returncode == 0, finished.stderr
