"""How fast the collector is, and what it holds: the promises of docs/performance.md, measured.

Reports are posted over loopback by wrk where it is installed, else from Python, on the same
machine. Rates are compared with those of stock waitress in the same run, because what a machine
does from one minute to the next differs more than two programs do.
"""

import argparse
import os
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import collector.main
import report
from tools.bench.findings import Finding, render
from tools.bench.http_load import Load, slow_clients
from tools.bench.measured_program import (
    BenchmarkFailed,
    MeasuredCollector,
    MeasuredServer,
    Rate,
    measure_rate,
    median_of,
    running_collector,
    running_stock_server,
)
from tools.bench.report_codec import sample
from tools.bench.storage import steady, storage

FSYNCS: Final = 500
DRAINED_WITHIN_SECONDS: Final = 180.0
SLOW_CONNECTIONS: Final = 500
P99_AT_MOST: Final = 25.0
LEFT_AS_IT_IS: Final = 0.95
# On a shared machine one round differs from the next by a tenth, so their median needs many.
ROUNDS_BESIDE_SLOW: Final = 8


@dataclass(frozen=True)
class Effort:
    """How long to measure: `runs` of `seconds` each, and one long run."""

    runs: int = 3
    seconds: float = 6.0
    long_seconds: float = 60.0


def run(command: Sequence[str | Path], effort: Effort) -> list[Finding]:
    """Measure the collector that `command` starts. Raises `BenchmarkFailed`."""
    small, large = (report.encode(sample(nodes)) for nodes in (2, 100))
    with tempfile.TemporaryDirectory() as directory, ExitStack() as programs:
        fdatasync = _fdatasync(Path(directory))
        stock = programs.enter_context(running_stock_server())
        data_dir = Path(directory, "data")
        ours = programs.enter_context(running_collector(command, data_dir))
        return [
            fdatasync,
            *_against_stock(ours, stock, small, effort, connections=64, p99_at_most=P99_AT_MOST),
            *_against_stock(ours, stock, small, effort, connections=256),
            *_beside_slow_connections(ours, small, effort),
            *_long_load(ours, small, effort),
            *_large_reports(ours, large, effort),
            Finding(what="peak, serving", value=ours.peak_mib(), unit="MiB", at_most=120),
            Finding(what="peak, drain", value=ours.drain_peak_mib(), unit="MiB", at_most=400),
            *_steadily(command, Path(directory, "steady")),
            *storage(command, Path(directory)),
        ]


def _steadily(command: Sequence[str | Path], data_dir: Path) -> list[Finding]:
    with running_collector(command, data_dir, batch_seconds=60.0) as ours:
        return steady(ours)


def _against_stock(
    ours: MeasuredCollector,
    stock: MeasuredServer,
    body: bytes,
    effort: Effort,
    *,
    connections: int,
    p99_at_most: float | None = None,
) -> list[Finding]:
    stock_rates, our_rates = [], []
    for _ in range(effort.runs):  # alternating, so that both meet the same machine
        stock_rates.append(measure_rate(stock, body, connections, effort.seconds))
        our_rates.append(measure_rate(ours, body, connections, effort.seconds))
        ours.seconds_until_drained(at_most=DRAINED_WITHIN_SECONDS)
    theirs, rate = median_of(stock_rates), median_of(our_rates)
    name = f"2 nodes, {connections} connections"
    ratio = rate.posts / theirs.posts
    return [
        Finding(what=f"{name}, stock waitress", value=theirs.posts, unit="/s"),
        Finding(what=f"{name}, stock waitress, p99", value=theirs.p99, unit="ms"),
        Finding(what=f"{name}, stock waitress, CPU each", value=theirs.cpu, unit="µs"),
        Finding(what=name, value=rate.posts, unit="/s"),
        Finding(what=f"{name}, to stock", value=ratio, unit="times", at_least=1, digits=2),
        Finding(what=f"{name}, p99", value=rate.p99, unit="ms", at_most=p99_at_most),
        Finding(what=f"{name}, CPU each", value=rate.cpu, unit="µs"),
    ]


def _beside_slow_connections(ours: MeasuredCollector, body: bytes, effort: Effort) -> list[Finding]:
    """Measure alternately beside slow connections to the collector, and beside ones to nobody.

    The machine has the work of sending slowly both times, so what differs is the collector's.
    """
    elsewhere, here = [], []
    for _ in range(ROUNDS_BESIDE_SLOW):
        with _listener_that_never_reads() as url:
            elsewhere.append(_beside_slow_clients(url, ours, body, effort))
        here.append(_beside_slow_clients(ours.url, ours, body, effort))
    control, rate = median_of(elsewhere), median_of(here)
    # Of each round, because the machine's pace changes from one to the next.
    ratios = [beside.posts / apart.posts for beside, apart in zip(here, elsewhere, strict=True)]
    name = f"2 nodes, 64 connections, {SLOW_CONNECTIONS} slow ones"
    return [
        Finding(what=f"{name} to nobody", value=control.posts, unit="/s"),
        Finding(what=f"{name} to nobody, p99", value=control.p99, unit="ms"),
        Finding(what=name, value=rate.posts, unit="/s"),
        Finding(
            what=f"{name}, to those to nobody",
            value=statistics.median(ratios),
            unit="times",
            at_least=LEFT_AS_IT_IS,
            digits=2,
        ),
        Finding(what=f"{name}, p99", value=rate.p99, unit="ms", at_most=P99_AT_MOST),
    ]


def _beside_slow_clients(url: str, ours: MeasuredCollector, body: bytes, effort: Effort) -> Rate:
    with slow_clients(Load(url=url, body=body), connections=SLOW_CONNECTIONS):
        rate = measure_rate(ours, body, 64, effort.seconds)
    ours.seconds_until_drained(at_most=DRAINED_WITHIN_SECONDS)
    return rate


@contextmanager
def _listener_that_never_reads() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0), backlog=SLOW_CONNECTIONS) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"


def _long_load(ours: MeasuredCollector, body: bytes, effort: Effort) -> list[Finding]:
    rate = measure_rate(ours, body, 64, effort.long_seconds)
    waiting = ours.backlog() / rate.posts
    gone = ours.seconds_until_drained(at_most=DRAINED_WITHIN_SECONDS)
    name = f"2 nodes, backlog after {effort.long_seconds:g} s"
    return [
        Finding(what=name, value=waiting, unit="s", at_most=5, digits=1),
        Finding(what=f"{name}, gone in", value=gone, unit="s", at_most=10, digits=1),
    ]


def _large_reports(ours: MeasuredCollector, body: bytes, effort: Effort) -> list[Finding]:
    rate, gone = _repeat(ours, body, effort)
    name = "100 nodes, 64 connections"
    return [
        Finding(what=name, value=rate.posts, unit="/s", at_least=1_500),
        Finding(what=f"{name}, p99", value=rate.p99, unit="ms", at_most=120),
        Finding(what=f"{name}, CPU each", value=rate.cpu, unit="µs"),
        Finding(what="100 nodes, backlog gone in", value=gone, unit="s", at_most=30, digits=1),
    ]


def _repeat(ours: MeasuredCollector, body: bytes, effort: Effort) -> tuple[Rate, float]:
    """Return the rate, and the longest time in which a backlog was gone."""
    rates, gone = [], []
    for _ in range(effort.runs):
        rates.append(measure_rate(ours, body, 64, effort.seconds))
        gone.append(ours.seconds_until_drained(at_most=DRAINED_WITHIN_SECONDS))
    return median_of(rates), max(gone)


def _fdatasync(directory: Path) -> Finding:
    """Return what the disk itself takes to make 4 KiB durable."""
    seconds = []
    with Path(directory, "fdatasync").open("wb", buffering=0) as file:
        for _ in range(FSYNCS):
            file.write(b"x" * 4_096)
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            seconds.append(time.perf_counter() - began)
    median = statistics.median(seconds) * 1_000
    return Finding(what="fdatasync of 4 KiB", value=median, unit="ms", digits=2)


def main(arguments: Sequence[str]) -> int:
    """Print what was found, and return 0 if all promises hold."""
    parser = argparse.ArgumentParser(prog="bench collector", description=__doc__)
    parser.add_argument("--program", type=Path, help="collector.pex; by default the sources")
    parser.add_argument("--runs", type=int, default=Effort.runs)
    parser.add_argument("--seconds", type=float, default=Effort.seconds)
    parser.add_argument("--long-seconds", type=float, default=Effort.long_seconds)
    options = parser.parse_args(arguments)
    sources = (sys.executable, "-m", collector.main.__name__)
    command = sources if options.program is None else (options.program.resolve(),)
    try:
        findings = run(command, Effort(options.runs, options.seconds, options.long_seconds))
    except BenchmarkFailed as error:
        raise SystemExit(f"bench: {error}") from error
    print(render(findings))
    return 0 if all(finding.holds for finding in findings) else 1
