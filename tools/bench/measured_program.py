"""The programs under measurement: started, measured from outside, and stopped."""

import json
import os
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.bench import stock_server
from tools.bench.http_load import Load, measure

START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 60.0
LOOK_EVERY_SECONDS: Final = 0.05
_MIB: Final = 1024 * 1024


class BenchmarkFailed(Exception):
    """A program did not do what was to be measured; the message says which."""


@dataclass(frozen=True)
class MeasuredServer:
    """A running server: where it answers, and its process."""

    url: str
    pid: int

    def cpu_seconds(self) -> float:
        """Return the processor time that it has used, in threads of all kinds, without children."""
        return process_cpu_seconds(self.pid)


@dataclass(frozen=True)
class MeasuredCollector(MeasuredServer):
    """A running collector, and where its files are."""

    data_dir: Path

    def backlog(self) -> int:
        """Return how many reports wait in the spool."""
        address = f"file:{self.data_dir}/spool.sqlite?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as connection:
            rows = connection.execute(
                "SELECT ifnull(max(row_id) - min(row_id) + 1, 0) FROM reports"
            )
            return int(rows.fetchone()[0])

    def seconds_until_drained(self, *, at_most: float) -> float:
        """Wait until nothing waits in the spool. Raises `BenchmarkFailed` after `at_most`."""
        return _seconds_until(lambda: self.backlog() == 0, at_most, "the backlog is not gone")

    def peak_mib(self) -> float:
        """Return the most memory that the process that serves ever held."""
        return _peak_mib(self.pid)

    def drain_peak_mib(self) -> float:
        """Return the same of the process that writes reports."""
        return _peak_mib(self.drain_pid())

    def drain_pid(self) -> int:
        """Return the process ID of the drain. Raises `BenchmarkFailed` where there is none."""
        threads = Path(f"/proc/{self.pid}/task").glob("*/children")
        children = [int(pid) for each in threads for pid in each.read_text().split()]
        if not children:
            raise BenchmarkFailed("no drain runs")
        return children[0]


@dataclass(frozen=True)
class Rate:
    """What one run gave, or the medians of several.

    Posts a second; the 99th percentile of their latencies, in milliseconds; the processor time
    of the serving process for each, in microseconds, which other programs disturb least.
    """

    posts: float
    p99: float
    cpu: float


def measure_rate(server: MeasuredServer, body: bytes, connections: int, seconds: float) -> Rate:
    """Post `body` over and over. Raises `BenchmarkFailed` unless all are accepted."""
    began = server.cpu_seconds()
    load = Load(url=server.url, body=body, connections=connections, seconds=seconds)
    measured = measure(load)
    used = server.cpu_seconds() - began
    accepted = sum(measured.statuses.get(status, 0) for status in ("200", "204", "below 400"))
    if measured.lost or accepted != sum(measured.statuses.values()):
        raise BenchmarkFailed(f"answers {dict(measured.statuses)}, {measured.lost} lost")
    return Rate(measured.requests_a_second, measured.p99, used / accepted * 1e6)


def median_of(rates: Sequence[Rate]) -> Rate:
    """Return the median of each number."""
    return Rate(
        statistics.median(rate.posts for rate in rates),
        statistics.median(rate.p99 for rate in rates),
        statistics.median(rate.cpu for rate in rates),
    )


def process_cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has used, in threads of all kinds."""
    # proc_pid_stat(5): the name in parentheses may hold anything, user and system time are
    # fields 14 and 15.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running_collector(
    command: Sequence[str | Path],
    data_dir: Path,
    *own_flags: str,
    batch_seconds: float = 1.0,
) -> Iterator[MeasuredCollector]:
    """Start the collector with files in `data_dir`, and stop it. Raises `BenchmarkFailed`.

    `own_flags` come after those that all have. Reports wait for `batch_seconds` before they are
    written: a backlog is measured without it.
    """
    flags = ["--port", "0", "--data-dir", str(data_dir), "--spool-limit", "65536"]
    flags += ["--batch-seconds", str(batch_seconds), *own_flags]
    log = data_dir.parent / "log"
    with log.open("wb") as stderr:
        process = subprocess.Popen([*command, *flags], stderr=stderr, env=_environment())
    try:
        _seconds_until(lambda: _served_port(log) is not None, START_SECONDS, "it does not serve")
        url = f"http://127.0.0.1:{_served_port(log)}/api/v1"
        yield MeasuredCollector(url, process.pid, data_dir)
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


@contextmanager
def running_stock_server() -> Iterator[MeasuredServer]:
    """Start what the collector is measured against, and kill it."""
    command = [sys.executable, "-m", stock_server.__name__]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=_environment()) as process:
        try:
            if process.stdout is None or not (port := process.stdout.readline().strip()):
                raise BenchmarkFailed("the stock server does not start")
            yield MeasuredServer(f"http://127.0.0.1:{port.decode()}/", process.pid)
        finally:
            process.kill()


def _served_port(log: Path) -> int | None:
    for line in log.read_text().splitlines():
        entry = json.loads(line) if line.startswith("{") else {}
        if entry.get("event") == "serving":
            return int(entry["port"])
    return None


def _seconds_until(condition: Callable[[], bool], at_most: float, failure: str) -> float:
    began = time.monotonic()
    while not condition():
        if time.monotonic() > began + at_most:
            raise BenchmarkFailed(f"{failure} after {at_most:g} s")
        time.sleep(LOOK_EVERY_SECONDS)
    return time.monotonic() - began


def _peak_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / _MIB
    return 0.0


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
