"""What the program prints on its standard output: help, the report, the preview."""

import re
from pathlib import Path

from report import decode
from tools.simulator import Cluster, Simulator
from volunteer.conftest import CLUSTER, UUID, run
from volunteer.delivery.testing import running_collector


def test_help() -> None:
    """--help shows every flag and its variable."""
    finished = run("--help")
    assert finished.returncode == 0
    for flag in ("--cluster-id", "--key-file", "--period", "--database", "--extensions", "preview"):
        assert flag in finished.stdout
    assert "SPARTAKUS_CLUSTER_ID" in finished.stdout


def test_version() -> None:
    """--version prints the version."""
    finished = run("--version")
    assert (finished.returncode, finished.stdout) == (0, "v2.0.0\n")


def test_print_databases() -> None:
    """--print-databases prints what --database takes, with the original's first word too."""
    finished = run("volunteer", "--print-databases")
    assert finished.returncode == 0
    assert finished.stdout.startswith("stdout ")
    assert "https://HOST[:PORT][/PATH]" in finished.stdout


def test_standard_output(kubeconfig: str) -> None:
    """By default one line of JSON on standard output is the report; the log is elsewhere."""
    finished = run(CLUSTER, "--period=0", kubeconfig)
    assert finished.returncode == 0
    assert finished.stdout.count("\n") == 1
    report = decode(finished.stdout.rstrip("\n").encode())
    assert (report.cluster_id, len(report.nodes or ())) == (UUID, 3)
    assert re.fullmatch(
        r"\S+Z INFO spartakus-volunteer/v2.0.0: .*\n\S+Z INFO report delivered\n", finished.stderr
    )


def test_variables(kubeconfig: str) -> None:
    """Flags can be given as variables, and the original's first word and --v are accepted."""
    variables = {
        "SPARTAKUS_CLUSTER_ID": UUID,
        "SPARTAKUS_PERIOD": "0",
        "SPARTAKUS_OMIT": "osImage",
        "SPARTAKUS_EXTENSIONS": "",
    }
    finished = run("volunteer", "--v=5", kubeconfig, variables=variables)
    assert finished.returncode == 0
    assert '"clusterID":"' + UUID in finished.stdout
    assert "osImage" not in finished.stdout


def test_workloads(kubeconfig: str, simulator: Simulator) -> None:
    """With --include, or its variable, workloads are delivered with the nodes; else none is even
    listed.
    """
    key = ["--period=0", CLUSTER, kubeconfig]
    before = len(simulator.requests)
    plain = run(*key)
    asked = [request.path for request in simulator.requests[before:]]
    assert asked == ["/version", "/api/v1/namespaces/kube-system", "/api/v1/nodes"]
    assert decode(plain.stdout.encode()).workloads is None
    by_flag = decode(run(*key, "--include", "workloads").stdout.encode()).workloads
    by_variable = run(*key, variables={"SPARTAKUS_INCLUDE": "workloads"})
    assert by_flag is not None
    assert (
        by_flag.namespaces.count
        == Cluster.generate(nodes=3, seed=1).collections["/api/v1/namespaces"].size
    )
    assert [kind.kind for kind in by_flag.kinds or ()][:2] == ["pods", "services"]
    assert "nodes, namespaces and workloads goes to standard output" in by_variable.stderr
    sent = decode(by_variable.stdout.encode()).workloads
    assert sent is not None
    assert [kind.per_namespace for kind in sent.kinds or ()] == [
        kind.per_namespace for kind in by_flag.kinds or ()
    ]


def test_preview(kubeconfig: str) -> None:
    """A preview prints for people and sends nothing."""
    with running_collector() as collector:
        finished = run("preview", CLUSTER, f"--database={collector.url}", kubeconfig)
    assert (finished.returncode, finished.stderr, collector.received) == (0, "", [])
    assert finished.stdout.startswith(f"This report would go to {collector.url}/api/v1. Nothing")
    assert "\nWithheld\n" in finished.stdout


def test_preview_json(kubeconfig: str, tmp_path: Path) -> None:
    """The preview in JSON is, byte for byte, what is sent, but for the time."""
    key = tmp_path / "key"
    key.write_text("0a" * 32)
    flags = ["--cluster-id=auto", f"--key-file={key}", kubeconfig]
    preview = run("preview", "--json", *flags)
    with running_collector() as collector:
        sent = run("--period=0", f"--database={collector.url}", *flags)
    assert (preview.returncode, sent.returncode) == (0, 0)
    (received,) = collector.received
    timestamp = re.compile(rb'"timestamp":"[0-9]+"')
    assert timestamp.sub(b"", preview.stdout.encode()) == timestamp.sub(b"", received.body)
