"""The program as a user starts it: a process, its two streams and its exit status."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import IO, Final

import pytest

from tools.simulator import Cluster, Simulator, running_simulator

UUID: Final = "2b3db8fd-e392-4754-af32-6aaf0368b319"
CLUSTER: Final = f"--cluster-id={UUID}"
DEADLINE_SECONDS: Final = 50
_WATCHDOG_SECONDS: Final = 180


def environment(variables: dict[str, str] | None = None) -> dict[str, str]:
    """Return `variables`, and what it takes to find the program; nothing else is inherited."""
    path = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path if entry)
    return {"PYTHONPATH": path, "HOME": "/nonexistent", **(variables or {})}


def command(*arguments: str | Path) -> list[str]:
    """Return the command that starts the program."""
    return [sys.executable, "-m", "volunteer.main", *map(str, arguments)]


def run(
    *arguments: str | Path,
    variables: dict[str, str] | None = None,
    stdout: int | IO[bytes] = subprocess.PIPE,
    stderr: int | IO[bytes] = subprocess.PIPE,
    cwd: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Start the program and wait until it has exited."""
    return subprocess.run(  # noqa: S603 - a test starts what it tests
        command(*arguments),
        env=environment(variables),
        stdout=stdout,
        stderr=stderr,
        cwd=cwd,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )


@contextmanager
def started(
    *arguments: str | Path, variables: dict[str, str] | None = None, pass_fds: Sequence[int] = ()
) -> Iterator["subprocess.Popen[str]"]:
    """Start the program, and kill it when the block ends, or when it takes too long: then what a
    test reads from it ends.
    """
    with subprocess.Popen(  # noqa: S603 - as above
        command(*arguments),
        env=environment(variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        pass_fds=pass_fds,
    ) as process:
        watchdog = Timer(_WATCHDOG_SECONDS, process.kill)
        watchdog.start()
        try:
            yield process
        finally:
            watchdog.cancel()
            process.kill()


@pytest.fixture
def full_disk() -> Iterator[IO[bytes]]:
    """A file that takes nothing."""
    with Path("/dev/full").open("wb") as file:
        yield file


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """A cluster of three nodes."""
    with running_simulator(Cluster.generate(nodes=3, seed=1)) as running:
        yield running


@pytest.fixture
def kubeconfig(simulator: Simulator, tmp_path: Path) -> str:
    """The flag that leads to the cluster."""
    return f"--kubeconfig={simulator.kubeconfig(tmp_path / 'kubeconfig')}"
