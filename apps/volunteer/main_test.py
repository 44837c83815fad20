"""What the program prints on its standard output: help, the report, the preview."""

import re
from pathlib import Path

import pytest

from command_line.flags import flags_of, names_of, variable_of
from report import decode
from tools.simulator import Cluster, Simulator
from volunteer.conftest import CLUSTER, UUID, run
from volunteer.delivery.testing import running_collector
from volunteer.errors import EXIT_STATUSES
from volunteer.settings import Settings


def test_help() -> None:
    """--help shows every flag and its variable."""
    finished = run("--help")
    assert finished.returncode == 0
    for field, flag in flags_of(Settings).items():
        for name in (names_of(field, flag)[-1], variable_of(field, flag)):
            assert name is None or bool(re.search(rf"{name}\b", finished.stdout)) != flag.hidden
    assert run("-h").stdout == finished.stdout


def test_commands() -> None:
    """--help lists the commands and the exit statuses, and each command has a help of its own."""
    finished = run("--help")
    listed = finished.stdout.partition("\nCommands:\n")[2].partition("\n\n")[0]
    commands = [line.split()[0] for line in listed.splitlines()]
    assert commands == ["run", "preview", "compare", "manifest", "completion"]
    for word in commands:
        helped = run(word, "-h")
        assert helped.returncode == 0
        assert helped.stdout.startswith(f"Usage: volunteer {word} ")
    for status, meaning in EXIT_STATUSES.items():
        assert f"  {status:3}  {meaning}" in finished.stdout


@pytest.mark.parametrize(
    "words",
    [
        ["run", CLUSTER, "--period=0"],
        [CLUSTER, "--period", "0", "run"],
        ["volunteer", "run", CLUSTER, "--period=0"],
        ["volunteer", CLUSTER, "--period=99h", "--period=0"],
    ],
)
def test_run(words: list[str], kubeconfig: str) -> None:
    """The main job can be named or not, before the flags or after, with the original's word."""
    finished = run(*words, kubeconfig)
    assert finished.returncode == 0
    assert decode(finished.stdout.encode()).cluster_id == UUID


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
    lines = finished.stderr.splitlines()
    assert all(re.match(r"\S+Z INFO ", line) and len(line) < 120 for line in lines)
    assert lines[0].endswith(
        "INFO spartakus-volunteer/v2.0.0: an anonymous report of this cluster's nodes"
    )
    assert lines[-1].endswith("INFO report delivered")


def test_variables(kubeconfig: str) -> None:
    """Flags can be given as variables, and the original's first word and --v are accepted."""
    variables = {
        "SPARTAKUS_CLUSTER_ID": UUID,
        "SPARTAKUS_PERIOD": "0",
        "SPARTAKUS_OMIT": "osImage",
    }
    finished = run("volunteer", "--v=5", kubeconfig, variables=variables)
    assert finished.returncode == 0
    assert '"clusterID":"' + UUID in finished.stdout
    assert "osImage" not in finished.stdout


def test_blank(kubeconfig: str, tmp_path: Path) -> None:
    """Blank is unset, for every flag and every variable: files of the working directory are not
    taken for extensions, and a blank flag leaves its variable in force.
    """
    (tmp_path / "app.json").write_text('{"password": "hunter2"}')
    fields = flags_of(Settings)
    blank = [
        f"{names_of(field, flag)[-1]}="
        for field, flag in fields.items()
        if flag.metavar is not None and field not in {"cluster_id", "kubeconfig", "period"}
    ]
    variables = {
        name: ""
        for field, flag in fields.items()
        if (name := variable_of(field, flag)) is not None and field != "cluster_id"
    }
    finished = run(
        *("--cluster-id", "", *blank, "--extensions", "", "--period=0", kubeconfig),
        variables=variables | {"SPARTAKUS_CLUSTER_ID": UUID, "SPARTAKUS_DUE": ""},
        cwd=tmp_path,
    )
    assert finished.returncode == 0, finished.stderr
    report = decode(finished.stdout.encode())
    assert (report.cluster_id, report.extensions) == (UUID, None)


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
    assert "nodes, namespaces and workloads\n" in by_variable.stderr
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
    assert "\n\n\n" not in finished.stdout


@pytest.mark.parametrize("compress", [[], ["--compress"]])
def test_preview_headers(kubeconfig: str, compress: list[str]) -> None:
    """The headers of a preview are those that a collector then gets, all of them."""
    with running_collector() as collector:
        flags = [CLUSTER, f"--database={collector.url}", kubeconfig, *compress]
        preview = run("preview", *flags)
        assert run(*flags, "--period=0").returncode == 0
    section = preview.stdout.partition("\nHeaders of the request that would carry it\n")[2]
    shown = dict(line.strip().split(": ", 1) for line in section.partition("\n\n")[0].splitlines())
    (received,) = collector.received
    shown["Idempotency-Key"] = received.headers["idempotency-key"]
    assert {name.lower(): value for name, value in shown.items()} == received.headers
    assert re.fullmatch("[0-9a-f]{32}", received.headers["idempotency-key"])
    assert len(received.body) % 4096 == 0


def test_preview_warns(kubeconfig: str, tmp_path: Path) -> None:
    """A preview warns of what a run warns of: in its text, and beside JSON in the log."""
    key = tmp_path / "key"
    key.write_text("0a" * 32)
    key.chmod(0o644)
    flags = ["--cluster-id=acme", f"--key-file={key}", "--database=http://far.example", kubeconfig]
    preview = run("preview", *flags)
    warnings = preview.stdout.partition("\nWarnings\n")[2].partition("\n\n")[0].splitlines()
    assert len(warnings) == 3
    logged = run("preview", "--json", *flags).stderr.splitlines()
    assert [line.partition(" WARNING ")[2] for line in logged] == [each[2:] for each in warnings]


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
