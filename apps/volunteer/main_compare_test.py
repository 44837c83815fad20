"""The program that compares: what it prints, and how it exits."""

import gzip
import json
import signal
from datetime import date
from pathlib import Path
from typing import IO

import pytest

from census import Period, count, encode, exact_release_of
from report import Report
from tools.simulator import Cluster, running_simulator
from volunteer.conftest import CLUSTER, DEADLINE_SECONDS, run, started
from volunteer.delivery.testing import (
    Disconnects,
    Says,
    ScriptedCollector,
    Step,
    running_collector,
)
from volunteer.testing import free_port

_RELEASE = encode(
    exact_release_of(
        count([Report(version="v", cluster_id="c", master_version="v1.30.0", nodes=())]),
        Period(date(2026, 11, 1), date(2026, 11, 30)),
    )
)
_FOUND = Says(200, {}, _RELEASE)


def _failed(collector: ScriptedCollector, *flags: str) -> tuple[int, str]:
    """Return the exit status and the one line of a comparison that fails."""
    finished = run("compare", f"--with={collector.url}", *flags)
    assert finished.stdout == ""
    assert finished.stderr.count("\n") == 1
    assert finished.stderr.isascii()
    return finished.returncode, finished.stderr


def test_text(kubeconfig: str) -> None:
    """Without any flag of a report it prints where the cluster stands, and nothing else."""
    with running_collector(_FOUND) as collector:
        finished = run("compare", f"--with={collector.url}", kubeconfig)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert "Version of the control plane\n  1." in finished.stdout
    assert finished.stdout.endswith("Nothing of this cluster was sent.\n")
    (request,) = collector.received
    assert (request.method, request.target, request.body) == ("GET", "/api/v1/statistics", b"")


def test_flags_of_a_run(kubeconfig: str, tmp_path: Path) -> None:
    """It takes the flags that a report is made with, and says nothing that they would send."""
    (tmp_path / "facts.json").write_text('{"example.com/a": "mine"}')
    with running_collector(_FOUND, _FOUND) as collector:
        flags = [
            *(CLUSTER, "--period=0", f"--database={collector.url}/other", "--compress"),
            *("--include=workloads", f"--extensions={tmp_path / 'facts.json'}"),
        ]
        finished = run("compare", f"--with={collector.url}", kubeconfig, *flags)
        plain = run(*flags, "compare", f"--with={collector.url}", kubeconfig, "--omit=osImage")
    assert (finished.returncode, finished.stderr) == (0, "")
    assert "Namespaces\n  " in finished.stdout
    assert "mine" not in finished.stdout
    assert "\nThe report does not say: Operating system image.\n" in plain.stdout
    assert {each.target for each in collector.received} == {"/api/v1/statistics"}


def test_json(kubeconfig: str) -> None:
    """--json is one document, whose shares are 0 to 1."""
    with running_collector(_FOUND) as collector:
        finished = run("compare", f"--with={collector.url}", kubeconfig, "--json")
    document = json.loads(finished.stdout)
    assert (document["firstDay"], document["isExact"]) == ("2026-11-01", True)
    first = document["questions"][0]
    assert first["question"] == "kubernetes"
    assert first["answers"][0].keys() == {"answer", "part", "census", "below", "above"}


def test_a_period(kubeconfig: str) -> None:
    """The release of a period can be named."""
    with running_collector(_FOUND) as collector:
        run("compare", f"--with={collector.url}/x/api/v1/statistics/2026-11", kubeconfig)
    assert collector.received[0].target == "/x/api/v1/statistics/2026-11"


@pytest.mark.parametrize(
    ("nodes", "words"),
    [(0, "\nThe report does not say: "), (1, "\nNodes\n  1: ")],
)
def test_small_clusters(nodes: int, words: str, tmp_path: Path) -> None:
    """A cluster without nodes is compared, too: its report names none."""
    with (
        running_simulator(Cluster.generate(nodes=nodes, seed=1)) as simulator,
        running_collector(_FOUND) as collector,
    ):
        file = simulator.kubeconfig(tmp_path / "kubeconfig")
        finished = run("compare", f"--with={collector.url}", f"--kubeconfig={file}")
    assert finished.returncode == 0
    assert words in finished.stdout


@pytest.mark.parametrize(
    ("step", "status", "words"),
    [
        (Says(404, {}, b'{"title":"Not found"}'), 4, "it answered 404: Not found"),
        (Says(404, {}, b"\x1b[2J\xe2\x80\xaegone"), 4, "it answered 404: [2J gone"),
        (Says(302, {"Location": "http://evil.example/"}), 4, "it redirects elsewhere (302)"),
        (Says(200, {}, b"{}"), 4, "it is not the JSON of a release"),
        (Says(200, {}, b"x" * 9_000_000), 5, "the answer is too large"),
        (
            Says(200, {"Content-Encoding": "gzip"}, gzip.compress(b" " * 100_000_000)),
            5,
            "the answer is too large",
        ),
        (Says(200, {"Content-Length": "99999"}, _RELEASE), 5, "the connection broke"),
        (Says(503, {"Retry-After": "1"}), 5, "it answered 503"),
        (Disconnects(), 5, "connection"),
    ],
)
def test_failures(step: Step, status: int, words: str) -> None:
    """What is no release is one line, before the cluster is asked for anything."""
    with running_collector(step) as collector:
        found, line = _failed(collector, "--kubeconfig=/nonexistent")
    assert found == status
    assert line.startswith(f"volunteer: no release from {collector.url}/api/v1/statistics: ")
    assert words in line
    assert len(collector.received) == 1


def test_compressed(kubeconfig: str) -> None:
    """A release that comes compressed, though nobody asked for that, is read."""
    says = Says(200, {"Content-Encoding": "gzip"}, gzip.compress(_RELEASE))
    with running_collector(says) as collector:
        assert run("compare", f"--with={collector.url}", kubeconfig).returncode == 0


def test_nobody_there() -> None:
    """A census that cannot be reached is exit status 5."""
    finished = run("compare", f"--with=http://127.0.0.1:{free_port()}")
    assert finished.returncode == 5
    assert finished.stderr.endswith("/api/v1/statistics: connection refused\n")


def test_no_cluster() -> None:
    """A cluster that cannot be observed is what it is to a run."""
    with running_collector(_FOUND) as collector:
        status, line = _failed(collector, "--kubeconfig=/nonexistent")
    assert status == 2
    assert "/nonexistent" in line


def test_usage() -> None:
    """Without --with, or with another address, it is a usage error."""
    for flags in ((), ("--with=ftp://h",), ("--with=http://h", "--omit=nothing")):
        finished = run("compare", *flags)
        assert finished.returncode == 2
        assert finished.stderr.count("\n") == 1


def test_output(kubeconfig: str, full_disk: IO[bytes]) -> None:
    """A full disk is exit status 1, and a reader that has gone is SIGPIPE, as for a preview."""
    with running_collector(_FOUND, _FOUND) as collector:
        words = ("compare", f"--with={collector.url}", kubeconfig)
        finished = run(*words, stdout=full_disk)
        assert finished.returncode == 1
        assert "No space left" in finished.stderr
        with started(*words) as process:
            assert process.stdout is not None
            process.stdout.close()
            assert process.wait(DEADLINE_SECONDS) == -signal.SIGPIPE
