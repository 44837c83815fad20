"""The program as a process: asleep between reports, and ended by a signal at any time."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from report import decode
from tools.simulator import Simulator
from volunteer.conftest import CLUSTER, DEADLINE_SECONDS, command, environment, run, started
from volunteer.delivery.testing import Says, running_collector
from volunteer.testing import resident_bytes, wait_for


def test_period_and_sigterm(kubeconfig: str) -> None:
    """Reports come every period, and SIGTERM ends the volunteer at once with status 0."""
    flags = [CLUSTER, "--period=1s", "--jitter=0", kubeconfig]
    with (
        running_collector() as collector,
        started(*flags, f"--database={collector.url}") as process,
    ):
        collector.wait_for_requests(2, seconds=30)
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=DEADLINE_SECONDS)
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
        flags = [CLUSTER, f"--key-file={key}", "--period=5s", "--jitter=0", kubeconfig]
        # Else Python chooses a locale itself.
        variables = {"LC_ALL": "C.UTF-8"}
        with started(*flags, f"--database={collector.url}", variables=variables) as process:
            dues, others = [], set[bytes]()
            for count in (1, 2):
                collector.wait_for_requests(count, seconds=30)
                wait_for(_sleeps(process.pid), seconds=30)
                told = Path(f"/proc/{process.pid}/environ").read_bytes()
                (due,) = re.findall(rb"(?:^|\0)SPARTAKUS_DUE=([0-9.]+)\0", told)
                dues.append(float(due))
                others.add(told.replace(due, b""))
                told += Path(f"/proc/{process.pid}/cmdline").read_bytes()
                assert b"0a0a" not in told
                assert resident_bytes(process.pid) <= 10 * 1024 * 1024
            process.send_signal(signal.SIGTERM)
            _, log = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0
    assert len(others) == 1
    periods = (dues[1] - dues[0]) / 5.0  # more than one where the machine is slow
    assert periods == pytest.approx(max(1, round(periods)))
    assert log.count("an anonymous report") == log.count("INFO SIGTERM: exiting") == 1
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
    flags = [CLUSTER, "--period=24h", "--jitter=24h", kubeconfig]
    finished = subprocess.run(
        [sys.executable, "-c", start, *command(*flags)],
        env=environment({"SPARTAKUS_DUE": "1e9"}),
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )
    assert (finished.returncode, finished.stdout) == (0, "")
    assert re.fullmatch(r"\S+Z INFO SIGTERM: exiting\n", finished.stderr)


def test_interrupt(kubeconfig: str) -> None:
    """Ctrl-C ends the program without a traceback."""
    with (
        running_collector(Says(503, {"Retry-After": "600"})) as collector,
        started(CLUSTER, "--period=0", f"--database={collector.url}", kubeconfig) as process,
    ):
        collector.wait_for_requests(1, seconds=30)
        process.send_signal(signal.SIGINT)
        _, log = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 128 + signal.SIGINT
    assert "Traceback" not in log


def test_sigterm_in_one_shot(kubeconfig: str) -> None:
    """SIGTERM before the one report is delivered is not a success."""
    with (
        running_collector(Says(503, {"Retry-After": "600"})) as collector,
        started(CLUSTER, "--period=0", f"--database={collector.url}", kubeconfig) as process,
    ):
        collector.wait_for_requests(1, seconds=30)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 128 + signal.SIGTERM


def test_reader_gone(kubeconfig: str) -> None:
    """Without a reader it ends as any program of a pipeline, by SIGPIPE and without a word."""
    with started(CLUSTER, "--period=1s", "--jitter=0", kubeconfig) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith('{"version"')
        process.stdout.close()
        assert process.wait(DEADLINE_SECONDS) == -signal.SIGPIPE
        log = process.stderr.read()
    assert {line.split()[1] for line in log.splitlines()} == {"INFO"}


@pytest.mark.parametrize(
    ("words", "status"),
    [(["manifest", "--image=v", "--database=stdout"], -signal.SIGPIPE), (["--help"], 1)],
)
def test_reader_gone_before_all(words: list[str], status: int) -> None:
    """So does one that prints something else to nobody; a help that nobody reads is Typer's."""
    reading, writing = os.pipe()
    os.close(reading)
    finished = run(*words, stdout=writing)
    os.close(writing)
    assert (finished.returncode, finished.stderr) == (status, "")


def test_key_from_a_pipe(kubeconfig: str) -> None:
    """A key from a pipe is there for every report: the program stays awake with it."""
    reading, writing = os.pipe()
    os.write(writing, b"0a" * 32)
    os.close(writing)
    with running_collector() as collector:
        flags = [CLUSTER, f"--key-file=/dev/fd/{reading}", "--period=3s", "--jitter=0", kubeconfig]
        with started(*flags, f"--database={collector.url}", pass_fds=[reading]) as process:
            collector.wait_for_requests(2, seconds=30)
            process.terminate()
            process.wait(DEADLINE_SECONDS)
    os.close(reading)
    ids = {tuple(node.id for node in decode(each.body).nodes or ()) for each in collector.received}
    assert len(ids) == 1
    assert process.returncode == 0


def test_kubeconfig_gone(simulator: Simulator, tmp_path: Path) -> None:
    """A kubeconfig that is gone at a later wake-up is waited for, and said."""
    file = simulator.kubeconfig(tmp_path / "kubeconfig")
    with running_collector() as collector:
        flags = [CLUSTER, "--period=3s", "--jitter=0", f"--kubeconfig={file}"]
        with started(*flags, f"--database={collector.url}") as process:
            assert process.stderr is not None
            collector.wait_for_requests(1, seconds=30)
            file.rename(tmp_path / "elsewhere")
            while "no report" not in (line := process.stderr.readline()):
                assert line, "the program is gone, and never said that there is no report"
            (tmp_path / "elsewhere").rename(file)
            collector.wait_for_requests(len(collector.received) + 1, seconds=30)
            process.terminate()
            process.wait(DEADLINE_SECONDS)
    assert line.endswith(f"no report: {file} cannot be read: No such file or directory\n")
    assert process.returncode == 0


def test_plugin_ends_too(kubeconfig: str, tmp_path: Path) -> None:
    """A program that the kubeconfig names for credentials does not outlive the volunteer."""
    document = yaml.safe_load(Path(kubeconfig.partition("=")[2]).read_text())
    script = f"echo $$ > {tmp_path}/new && mv {tmp_path}/new {tmp_path}/pid && sleep 600"
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "interactiveMode": "Never",
        "command": "/bin/sh",
        "args": ["-c", script],
    }
    document["users"][0]["user"] = {"exec": plugin}
    file = tmp_path / "with_plugin"
    file.write_text(yaml.safe_dump(document))
    with started(CLUSTER, "--period=0", f"--kubeconfig={file}") as process:
        wait_for((tmp_path / "pid").exists, seconds=30)
        process.terminate()
        assert process.wait(DEADLINE_SECONDS) == 128 + signal.SIGTERM
    plugin_id = int((tmp_path / "pid").read_text())
    wait_for(lambda: not Path(f"/proc/{plugin_id}").exists(), seconds=30)
