"""The program as a user starts it: a process, its two streams and its exit status."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from report import decode
from tools.simulator import Cluster, Forbidden, Rule, Script, Simulator, running_simulator
from volunteer.testing import Says, free_port, resident_bytes, running_collector, wait_for

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
        ([_CLUSTER, "--include=pods"], "volunteer: --include: 'pods' is none of workloads"),
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


def test_workloads(kubeconfig: str, simulator: Simulator) -> None:
    """With --include, or its variable, workloads are delivered with the nodes; else none is even
    listed.
    """
    key = ["--period=0", _CLUSTER, kubeconfig]
    before = len(simulator.requests)
    plain = _run(*key)
    asked = [request.path for request in simulator.requests[before:]]
    assert asked == ["/version", "/api/v1/namespaces/kube-system", "/api/v1/nodes"]
    assert decode(plain.stdout.encode()).workloads is None
    by_flag = decode(_run(*key, "--include", "workloads").stdout.encode()).workloads
    by_variable = _run(*key, variables={"SPARTAKUS_INCLUDE": "workloads"})
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


def test_asleep_between_reports(kubeconfig: str, tmp_path: Path) -> None:
    """Between two reports the one process is a bare interpreter of at most 10 MiB, to which the
    key is not known; reports keep to the schedule, and SIGTERM is obeyed in the sleep too.
    """
    key = tmp_path / "key"
    key.write_text("0a" * 32)
    with running_collector() as collector:
        flags = [_CLUSTER, f"--key-file={key}", "--period=5s", "--jitter=0", kubeconfig]
        process = subprocess.Popen(
            _command(*flags, f"--database={collector.url}"),
            env=_environment({"LC_ALL": "C.UTF-8"}),  # else Python chooses a locale itself
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            dues, variables = [], set[bytes]()
            for count in (1, 2):
                collector.wait_for_requests(count, seconds=30)
                wait_for(_sleeps(process.pid), seconds=30)
                told = Path(f"/proc/{process.pid}/environ").read_bytes()
                (due,) = re.findall(rb"(?:^|\0)SPARTAKUS_DUE=([0-9.]+)\0", told)
                dues.append(float(due))
                variables.add(told.replace(due, b""))
                told += Path(f"/proc/{process.pid}/cmdline").read_bytes()
                assert b"0a0a" not in told
                assert resident_bytes(process.pid) <= 10 * 1024 * 1024
            process.send_signal(signal.SIGTERM)
            _, log = process.communicate(timeout=_SECONDS)
        finally:
            process.kill()
    assert process.returncode == 0
    assert len(variables) == 1
    periods = (dues[1] - dues[0]) / 5.0  # more than one where the machine is slow
    assert periods == pytest.approx(max(1, round(periods)))
    assert log.count("an anonymous report") == 1
    assert log.count("report delivered") == len(collector.received) >= 2
    assert "Traceback" not in log


def _sleeps(pid: int) -> Callable[[], bool]:
    """Return whether a process is the sleeper and has a handler for SIGTERM."""

    def sleeps() -> bool:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        (caught,) = re.findall(r"SigCgt:\t(\w+)", Path(f"/proc/{pid}/status").read_text())
        bit = 1 << (signal.SIGTERM - 1)
        return b"/sleeper.py" in command and bool(int(caught, 16) & bit)

    return sleeps


def test_sigterm_on_the_way_back(kubeconfig: str) -> None:
    """A SIGTERM that came while the sleeper became the program again is obeyed."""
    block = "import os, signal, sys; signal.pthread_sigmask(signal.SIG_BLOCK, [15]); "
    start = f"{block}os.kill(os.getpid(), 15); os.execv(sys.argv[1], sys.argv[1:])"
    flags = [_CLUSTER, "--period=24h", "--jitter=24h", kubeconfig]
    finished = subprocess.run(
        [sys.executable, "-c", start, *_command(*flags)],
        env=_environment({"SPARTAKUS_DUE": "1e9"}),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "", "")


def test_interrupt(kubeconfig: str) -> None:
    """Ctrl-C ends the program without a traceback."""
    with running_collector(*[Says(503, {"Retry-After": "600"})]) as collector:
        process = subprocess.Popen(
            _command(_CLUSTER, "--period=0", f"--database={collector.url}", kubeconfig),
            env=_environment(),
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            collector.wait_for_requests(1, seconds=30)
            process.send_signal(signal.SIGINT)
            _, log = process.communicate(timeout=_SECONDS)
        finally:
            process.kill()
    assert process.returncode == 128 + signal.SIGINT
    assert "Traceback" not in log


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


@pytest.mark.parametrize("kind", ["--cron", "--deployment"])
def test_manifest(kind: str, kubeconfig: str, tmp_path: Path) -> None:
    """The flags and the key in a printed manifest are such as the program itself takes."""
    printed = _run("manifest", "--image=example.org/v:2", "--database=https://a.example", kind)
    assert (printed.returncode, printed.stderr) == (0, "")
    documents = {document["kind"]: document for document in yaml.safe_load_all(printed.stdout)}
    key = tmp_path / "key"
    key.write_text(documents["Secret"]["stringData"]["key"])
    if kind == "--cron":
        template = documents["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]
    else:
        template = documents["Deployment"]["spec"]["template"]
    (container,) = template["spec"]["containers"]
    assert container["image"] == "example.org/v:2"
    flags = [flag.replace("/etc/spartakus/key", str(key)) for flag in container["args"]]
    finished = _run("preview", *flags, kubeconfig)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert "would go to https://a.example/api/v1" in finished.stdout
    assert "keyed with the secret of --key-file" in finished.stdout


def test_manifest_with_workloads() -> None:
    """A manifest that includes workloads has the flag, and a role for it."""
    finished = _run("manifest", "--image=v", "--database=stdout", "--include=workloads")
    assert finished.returncode == 0
    assert '- "--include=workloads"' in finished.stdout
    assert finished.stdout.count("name: spartakus-volunteer-workloads") == 3


def test_fresh_keys() -> None:
    """Each manifest has another key."""
    texts = {_run("manifest", "--image=v", "--database=stdout").stdout for _ in range(2)}
    keys = {found[1] for text in texts if (found := re.search(r'key: "([0-9a-f]{64})"', text))}
    assert len(keys) == 2


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "volunteer: Missing option '--image'"),
        (["--image=v"], "volunteer: Missing option '--database'"),
        (["--image=a b", "--database=stdout"], "volunteer: --image: must be an image's name"),
        (["--image=v", "--database=x"], "volunteer: --database: must be stdout"),
        (
            ["--image=v", "--database=stdout", "--include=all"],
            "volunteer: --include: 'all' is none of workloads",
        ),
        (
            ["--image=v", "--database=stdout", "--cluster-id=a b"],
            "volunteer: --cluster-id: must be 1 to 128 characters",
        ),
    ],
)
def test_wrong_manifest(arguments: list[str], line: str) -> None:
    """A manifest that could not work is a usage error, and nothing is printed."""
    finished = _run("manifest", *arguments)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert finished.stderr.startswith(line)
    assert finished.stderr.count("\n") == 1
