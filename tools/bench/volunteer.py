"""What one report costs the volunteer, and what it holds while it sleeps.

The built program, unpacked, reports on simulated clusters to standard output. Each measured run is
a process of its own, started from this one, which stays small: Linux counts what a process held
between fork and exec as its own. So the simulator is a process as well.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

import tools.simulator.__main__
from tools.simulator.access import write_service_account

RUNS: Final = 7
WARM_UPS: Final = 1
MOST_IDLE_MIB: Final = 10.0

_CLUSTER_ID: Final = "--cluster-id=2f9c93d3-156c-47aa-8802-578ffca9b50e"
_ASLEEP_SECONDS: Final = 30.0
_LOOK_EVERY_SECONDS: Final = 0.05
_MIB: Final = 1024 * 1024

START: Final = ("-I", "-m", "volunteer.main")
"""What follows Python in the entry point of `apps/volunteer/Dockerfile`."""

_SECRETS: Final = "/run/secrets/kubernetes.io/serviceaccount"
_POD: Final = f"""\
mount -t tmpfs tmpfs /run && mkdir -p {_SECRETS} && cp "$0"/* {_SECRETS} && exec "$@"
"""
"""Puts a service account's files where a pod has them, in a namespace of the process's own, and
becomes the program.
"""

EXPLANATION: Final = """\
pod    with a pod's service account, over TLS; the others with a kubeconfig
peak   highest resident memory of any run
CPU    least user and system time of any run: all above it is what else the machine did
wall   least time from start to end of any run
idle   resident memory between two reports, from smaps_rollup"""


Command: TypeAlias = Sequence[str | Path]
"""What starts the program."""


class BenchmarkFailed(Exception):
    """The program did not do what was to be measured; the message quotes what it said."""


@dataclass(frozen=True)
class Target:
    """What a report on `nodes` nodes, `in_pod` or with a kubeconfig, may cost at most; None where
    nothing is promised.
    """

    nodes: int
    in_pod: bool = False
    peak_mib: float | None = None
    cpu_seconds: float | None = None
    wall_seconds: float | None = None


TARGETS: Final = (
    Target(5, in_pod=True, peak_mib=28.0, cpu_seconds=0.5, wall_seconds=1.0),
    Target(5, peak_mib=60.0, cpu_seconds=0.5, wall_seconds=1.0),
    Target(500),
    Target(5_000, peak_mib=76.0, cpu_seconds=0.8),
    Target(15_000),
)


@dataclass(frozen=True)
class Cost:
    """What one report, or the best of several, cost."""

    peak_mib: float
    cpu_seconds: float
    wall_seconds: float


@dataclass(frozen=True)
class Row:
    """The cost of a report and what it may be."""

    target: Target
    cost: Cost

    @property
    def holds(self) -> bool:
        """Whether every promise holds."""
        target, cost = self.target, self.cost
        limits = (
            (target.peak_mib, cost.peak_mib),
            (target.cpu_seconds, cost.cpu_seconds),
            (target.wall_seconds, cost.wall_seconds),
        )
        return all(limit is None or value <= limit for limit, value in limits)


def run(program: Path) -> tuple[str, bool]:
    """Measure a PEX file, and return the table, and whether all promises hold.

    Raises `BenchmarkFailed`.
    """
    with _unpacked(program) as command:
        rows = [Row(target, _measure(command, target)) for target in TARGETS]
        idle_mib = measure_idle(command)
    holds = all(row.holds for row in rows) and idle_mib <= MOST_IDLE_MIB
    return render(rows, idle_mib), holds


@contextmanager
def _unpacked(pex: Path) -> Iterator[Command]:
    """Unpack and compile a PEX file, and yield what starts it, both as the container image does.

    Started as it is, it first looks for what it unpacked before: a fifth of a second of CPU time.
    """
    if not pex.is_file():
        raise BenchmarkFailed(f"{pex} is missing; `./pants package apps/volunteer:pex` makes it")
    with tempfile.TemporaryDirectory() as directory:
        target = Path(directory, "venv")
        unpacking = subprocess.run(
            [pex, "venv", "--compile", target],
            env={**os.environ, "PEX_TOOLS": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        if unpacking.returncode != 0:
            raise BenchmarkFailed(f"{pex} cannot be unpacked:\n{unpacking.stderr}")
        yield (target / "bin" / "python", *START)


def _measure(command: Command, target: Target) -> Cost:
    return measure(command, nodes=target.nodes, in_pod=target.in_pod)


def measure(command: Command, *, nodes: int, in_pod: bool = False) -> Cost:
    """Return what a report on a cluster of so many nodes costs, at best of `RUNS`."""
    with _simulated_cluster(nodes, in_pod=in_pod) as access:
        costs = [_measure_once(command, access) for _ in range(WARM_UPS + RUNS)][WARM_UPS:]
    return Cost(
        peak_mib=max(cost.peak_mib for cost in costs),
        cpu_seconds=min(cost.cpu_seconds for cost in costs),
        wall_seconds=min(cost.wall_seconds for cost in costs),
    )


@dataclass(frozen=True)
class Access:
    """How a measured program finds its cluster: what comes before it, flags, and variables."""

    before: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)


def _pod(directory: str, url: str) -> Access:
    """Return how a program in a pod finds the server at `url`."""
    write_service_account(Path(directory), token="secret")  # noqa: S106 - of a simulator
    host, _, port = url.removeprefix("https://").partition(":")
    variables = {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}
    unshare = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", _POD, directory)
    return Access(before=unshare, variables=variables)


@contextmanager
def _simulated_cluster(nodes: int, *, in_pod: bool) -> Iterator[Access]:
    """Serve a cluster from a process of its own, and yield how it is found."""
    with tempfile.TemporaryDirectory() as directory:
        kubeconfig = Path(directory, "kubeconfig")
        own = ["--tls"] if in_pod else ["--write-kubeconfig", str(kubeconfig)]
        flags = ["--nodes", str(nodes), *own]
        with subprocess.Popen(
            [sys.executable, "-m", tools.simulator.__name__, *flags],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdout=subprocess.PIPE,
        ) as simulator:
            try:
                url = simulator.stdout.readline().decode().strip() if simulator.stdout else ""
                if not url:
                    raise BenchmarkFailed("the simulator did not start")
                yield (
                    _pod(directory, url)
                    if in_pod
                    else Access(flags=(f"--kubeconfig={kubeconfig}",))
                )
            finally:
                simulator.terminate()


def _measure_once(command: Command, access: Access) -> Cost:
    with tempfile.TemporaryFile() as log:
        start = time.perf_counter()
        process = subprocess.Popen(
            [*access.before, *command, _CLUSTER_ID, "--period=0", *access.flags],
            env={**os.environ, **access.variables},
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall_seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            log.seek(0)
            raise BenchmarkFailed(f"no report was made:\n{log.read().decode()}")
    # Linux gives ru_maxrss in KiB.
    return Cost(usage.ru_maxrss * 1024 / _MIB, usage.ru_utime + usage.ru_stime, wall_seconds)


def measure_idle(command: Command) -> float:
    """Return what the program holds while it waits, in MiB."""
    flags = [_CLUSTER_ID, "--period=24h", "--jitter=24h"]
    with subprocess.Popen([*command, *flags], stderr=subprocess.DEVNULL) as process:
        try:
            _wait_until_asleep(process)
            rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii")
        finally:
            process.kill()
    (kibibytes,) = (line.split()[1] for line in rollup.splitlines() if line.startswith("Rss:"))
    return int(kibibytes) * 1024 / _MIB


def _wait_until_asleep(process: "subprocess.Popen[bytes]") -> None:
    """Wait for the sleeper's handlers, which it sets last."""
    deadline = time.monotonic() + _ASLEEP_SECONDS
    files = Path(f"/proc/{process.pid}")
    caught = 1 << (signal.SIGTERM - 1)
    while process.poll() is None and time.monotonic() < deadline:
        status = dict(line.split(":", 1) for line in (files / "status").read_text().splitlines())
        is_sleeper = b"/sleeper.py" in (files / "cmdline").read_bytes()
        if is_sleeper and int(status["SigCgt"], 16) & caught:
            return
        time.sleep(_LOOK_EVERY_SECONDS)
    raise BenchmarkFailed(f"the program was not asleep after {_ASLEEP_SECONDS:g} s")


def render(rows: Sequence[Row], idle_mib: float) -> str:
    """Return the table for people, with what each column means."""
    head = f"{'nodes':>6} {'peak MiB':>16} {'CPU s':>14} {'wall s':>14}"
    idle = f"idle: {idle_mib:.1f} MiB, at most {MOST_IDLE_MIB:.1f}"
    missed = [f"{_name(row.target)} nodes" for row in rows if not row.holds]
    if idle_mib > MOST_IDLE_MIB:
        missed.append("idle")
    verdict = f"MISSED at {', '.join(missed)}." if missed else "All promises hold."
    return "\n".join((head, *map(_line, rows), idle, "", EXPLANATION, "", verdict))


def _name(target: Target) -> str:
    return f"{'pod ' if target.in_pod else ''}{target.nodes}"


def _line(row: Row) -> str:
    target, cost = row.target, row.cost
    return (
        f"{_name(target):>6} {_cell(cost.peak_mib, target.peak_mib, 1):>16}"
        f" {_cell(cost.cpu_seconds, target.cpu_seconds, 2):>14}"
        f" {_cell(cost.wall_seconds, target.wall_seconds, 2):>14}"
    )


def _cell(value: float, limit: float | None, digits: int) -> str:
    return f"{value:.{digits}f}" + ("" if limit is None else f" (of {limit:.{digits}f})")


def main(arguments: Sequence[str]) -> int:
    """Print the table for the program that is named, and return 0 if all promises hold."""
    parser = argparse.ArgumentParser(prog="bench volunteer", description=__doc__)
    parser.add_argument(
        "--program", type=Path, default=Path("dist/volunteer.pex"), help="the PEX file to measure"
    )
    try:
        text, holds = run(parser.parse_args(arguments).program.resolve())
    except BenchmarkFailed as error:
        raise SystemExit(f"bench: {error}") from error
    print(text)
    return 0 if holds else 1
