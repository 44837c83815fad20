"""The program as a user starts it: a process, its two streams and its exit status."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from report import decode
from tools.simulator import Cluster, Forbidden, Rule, Script, Simulator, running_simulator

from volunteer.testing import Says, free_port, running_collector

_UUID = "2b3db8fd-e392-4754-af32-6aaf0368b319"
_CLUSTER = f"--cluster-id={_UUID}"
_SECONDS = 50


def _environment(variables: dict[str, str] | None = None) -> dict[str, str]:
    path = os.pathsep.join(entry for entry in sys.path if entry)
    return {"PYTHONPATH": path, "HOME": "/nonexistent", **(variables or {})}


def _command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "volunteer.main", *map(str, arguments)]


def _run(
    *arguments: str | Path, variables: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _command(*arguments),
        env=_environment(variables),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running_simulator(Cluster.generate(nodes=3, seed=1)) as running:
        yield running


@pytest.fixture
def kubeconfig(simulator: Simulator, tmp_path: Path) -> str:
    return f"--kubeconfig={simulator.kubeconfig(tmp_path / 'kubeconfig')}"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "volunteer: Missing option '--cluster-id'"),
        (["--nope"], "volunteer: No such option: --nope"),
        (["collector"], "volunteer: "),
        ([_CLUSTER, "--period"], "volunteer: Option '--period' requires an argument"),
        ([_CLUSTER, "--period=-5m"], "volunteer: --period: must not be negative"),
        ([_CLUSTER, "--period=99"], "volunteer: --period: must be a Go duration"),
        ([_CLUSTER, "--jitter=x"], "volunteer: --jitter: must be a Go duration"),
        ([_CLUSTER, "--retry-for=1d"], "volunteer: --retry-for: must be a Go duration"),
        (["--cluster-id=a b"], "volunteer: --cluster-id: must be 1 to 128 characters"),
        ([_CLUSTER, "--database=bigquery://a.b.c"], "volunteer: --database: must be stdout"),
        ([_CLUSTER, "--extensions=/none"], "volunteer: /none: cannot be read: No such file"),
        ([_CLUSTER, "--key-file=/none"], "volunteer: --key-file: /none cannot be read"),
        ([_CLUSTER, "--ca-file=/none"], "volunteer: --ca-file: /none cannot be read"),
        ([_CLUSTER, "--omit=name"], "volunteer: --omit: 'name' is none of "),
        ([_CLUSTER, "--json"], "volunteer: --json: goes with preview"),
    ],
)
def test_usage_errors(arguments: list[str], line: str) -> None:
    """A wrong flag gives one line that names it and the rule, and exit status 2."""
    finished = _run(*arguments)
    assert finished.returncode == 2
    assert finished.stdout == ""
    assert finished.stderr.startswith(line)
    assert finished.stderr.count("\n") == 1


def test_missing_kubeconfig() -> None:
    """A cluster that is not described is a usage error, in one line after the start line."""
    finished = _run(_CLUSTER, "--period=0", "--kubeconfig=/none")
    assert finished.returncode == 2
    assert finished.stderr.splitlines()[-1] == (
        "volunteer: /none cannot be read: No such file or directory"
    )
    assert "Traceback" not in finished.stderr


def test_bad_extension_key(tmp_path: Path) -> None:
    """A bad extension file is an error at start, naming file, key and rule."""
    file = tmp_path / "facts.json"
    file.write_text('{"-bad": "x"}')
    finished = _run(_CLUSTER, f"--extensions={file}")
    assert finished.returncode == 2
    assert finished.stderr.startswith(f"volunteer: {file}: key '-bad': the name must be of A-Z")
    assert finished.stderr.count("\n") == 1


def test_help() -> None:
    """--help shows every flag and its variable."""
    finished = _run("--help")
    assert finished.returncode == 0
    for flag in ("--cluster-id", "--key-file", "--period", "--database", "--extensions", "preview"):
        assert flag in finished.stdout
    assert "SPARTAKUS_CLUSTER_ID" in finished.stdout


def test_version() -> None:
    """--version prints the version."""
    finished = _run("--version")
    assert (finished.returncode, finished.stdout) == (0, "v2.0.0\n")


def test_print_databases() -> None:
    """--print-databases prints what --database takes, with the original's first word too."""
    finished = _run("volunteer", "--print-databases")
    assert finished.returncode == 0
    assert finished.stdout.startswith("stdout ")
    assert "https://HOST[:PORT][/PATH]" in finished.stdout


def test_standard_output(kubeconfig: str) -> None:
    """By default one line of JSON on standard output is the report; the log is elsewhere."""
    finished = _run(_CLUSTER, "--period=0", kubeconfig)
    assert finished.returncode == 0
    assert finished.stdout.count("\n") == 1
    report = decode(finished.stdout.rstrip("\n").encode())
    assert (report.cluster_id, len(report.nodes or ())) == (_UUID, 3)
    assert re.fullmatch(
        r"\S+Z INFO spartakus-volunteer/v2.0.0: .*\n\S+Z INFO report delivered\n", finished.stderr
    )


def test_variables(kubeconfig: str) -> None:
    """Flags can be given as variables, and the original's first word and --v are accepted."""
    variables = {
        "SPARTAKUS_CLUSTER_ID": _UUID,
        "SPARTAKUS_PERIOD": "0",
        "SPARTAKUS_OMIT": "osImage",
        "SPARTAKUS_EXTENSIONS": "",
    }
    finished = _run("volunteer", "--v=5", kubeconfig, variables=variables)
    assert finished.returncode == 0
    assert '"clusterID":"' + _UUID in finished.stdout
    assert "osImage" not in finished.stdout


def test_delivered(kubeconfig: str) -> None:
    """A report that a collector takes as the original's did is delivered: 204 to plain JSON."""
    with running_collector() as collector:
        finished = _run(_CLUSTER, "--period=0", f"--database={collector.url}", kubeconfig)
    assert (finished.returncode, finished.stdout) == (0, "")
    (received,) = collector.received
    assert received.target == "/api/v1"
    assert json.loads(received.body)["clusterID"] == _UUID
    assert _UUID not in finished.stderr


def test_refused(kubeconfig: str) -> None:
    """A refusal is exit status 4, with the collector's own words."""
    problem = b'{"title": "Invalid report", "detail": "$.nodes: too many"}'
    with running_collector(Says(400, {}, problem)) as collector:
        finished = _run(_CLUSTER, "--period=0", f"--database={collector.url}", kubeconfig)
    assert finished.returncode == 4
    assert finished.stderr.endswith(
        "report refused: the collector answered 400: Invalid report: $.nodes: too many\n"
    )


def test_not_delivered(kubeconfig: str) -> None:
    """A collector that cannot be reached in time is exit status 5."""
    database = f"--database=http://127.0.0.1:{free_port()}"
    finished = _run(_CLUSTER, "--period=0", "--retry-for=1s", database, kubeconfig)
    assert finished.returncode == 5
    assert finished.stderr.endswith("report not delivered in time: connection refused\n")


def test_full_disk(kubeconfig: str) -> None:
    """A report that cannot be written is exit status 5."""
    with Path("/dev/full").open("wb") as full:
        finished = subprocess.run(
            _command(_CLUSTER, "--period=0", kubeconfig),
            env=_environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    assert finished.returncode == 5
    assert finished.stderr.endswith("standard output: No space left on device\n")


def test_forbidden(tmp_path: Path) -> None:
    """A cluster that forbids the look is exit status 3, with the lines that grant it."""
    script = Script(rules=(Rule(path="/api/v1/nodes", fault=Forbidden()),))
    with running_simulator(Cluster.generate(nodes=1, seed=1), script=script) as simulator:
        file = simulator.kubeconfig(tmp_path / "kubeconfig")
        finished = _run(_CLUSTER, "--period=0", f"--kubeconfig={file}")
    assert finished.returncode == 3
    assert "forbids `list nodes` (RBAC)" in finished.stderr
    assert "kubectl create clusterrole " in finished.stderr
    assert "Traceback" not in finished.stderr


def test_wrong_authority(tmp_path: Path) -> None:
    """A cluster whose certificate is not valid is exit status 3."""
    with running_simulator(Cluster.generate(nodes=1, seed=1), tls=True) as simulator:
        file = simulator.kubeconfig(tmp_path / "kubeconfig", certificate_authority=False)
        finished = _run(_CLUSTER, "--period=0", f"--kubeconfig={file}")
    assert finished.returncode == 3
    assert "its certificate is not accepted: " in finished.stderr


def test_auto_without_anything(tmp_path: Path) -> None:
    """An `auto` cluster ID without a key and without permission for the UID is exit status 2."""
    script = Script(rules=(Rule(path="/api/v1/namespaces/kube-system", fault=Forbidden()),))
    with running_simulator(Cluster.generate(nodes=1, seed=1), script=script) as simulator:
        file = simulator.kubeconfig(tmp_path / "kubeconfig")
        finished = _run("--cluster-id=auto", "--period=0", f"--kubeconfig={file}")
    assert finished.returncode == 2
    assert finished.stderr.splitlines()[-1].startswith("volunteer: --cluster-id=auto: needs")


def test_preview(kubeconfig: str) -> None:
    """A preview prints for people and sends nothing."""
    with running_collector() as collector:
        finished = _run("preview", _CLUSTER, f"--database={collector.url}", kubeconfig)
    assert (finished.returncode, finished.stderr, collector.received) == (0, "", [])
    assert finished.stdout.startswith(f"This report would go to {collector.url}/api/v1. Nothing")
    assert "\nWithheld\n" in finished.stdout


def test_preview_json(kubeconfig: str, tmp_path: Path) -> None:
    """The preview in JSON is, byte for byte, what is sent, but for the time."""
    key = tmp_path / "key"
    key.write_text("0a" * 32)
    flags = ["--cluster-id=auto", f"--key-file={key}", kubeconfig]
    preview = _run("preview", "--json", *flags)
    with running_collector() as collector:
        sent = _run("--period=0", f"--database={collector.url}", *flags)
    assert (preview.returncode, sent.returncode) == (0, 0)
    (received,) = collector.received
    timestamp = re.compile(rb'"timestamp":"[0-9]+"')
    assert timestamp.sub(b"", preview.stdout.encode()) == timestamp.sub(b"", received.body)


def test_period_and_sigterm(kubeconfig: str) -> None:
    """Reports come every period, and SIGTERM ends the volunteer at once with status 0."""
    with running_collector() as collector:
        process = subprocess.Popen(
            _command(
                *(_CLUSTER, "--period=1s", "--jitter=0", f"--database={collector.url}", kubeconfig)
            ),
            env=_environment(),
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            collector.wait_for_requests(2, seconds=30)
            process.send_signal(signal.SIGTERM)
            _, log = process.communicate(timeout=_SECONDS)
        finally:
            process.kill()
    assert process.returncode == 0
    assert "Traceback" not in log
    keys = {received.headers["idempotency-key"] for received in collector.received}
    assert len(keys) == len(collector.received) >= 2


def test_sigterm_in_one_shot(kubeconfig: str) -> None:
    """SIGTERM before the one report is delivered is not a success."""
    refusals = [Says(503, {"Retry-After": "600"})]
    with running_collector(*refusals) as collector:
        process = subprocess.Popen(
            _command(_CLUSTER, "--period=0", f"--database={collector.url}", kubeconfig),
            env=_environment(),
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            collector.wait_for_requests(1, seconds=30)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=_SECONDS)
        finally:
            process.kill()
    assert process.returncode == 128 + signal.SIGTERM
