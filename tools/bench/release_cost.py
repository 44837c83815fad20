"""What a release costs: a month of a million clusters and ten million reports, in Parquet.

How fast it is made and in how much memory, what intake has left meanwhile, and how fast what is
published is answered.
"""

import argparse
import os
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import collector.main
import report
from census import Budget, count, release_of
from census.periods import Period
from collector.drain import release_process
from collector.drain.channel import encode
from collector.drain.messages import ReleaseSettings
from collector.publishing import store
from collector.records import DAY_SECONDS
from collector.values import Publish, PublishPlan
from tools.bench import census_month
from tools.bench.findings import Finding, render
from tools.bench.http_load import Load, measure
from tools.bench.measured_program import (
    BenchmarkFailed,
    MeasuredCollector,
    measure_rate,
    running_collector,
)
from tools.bench.report_codec import sample

_FIRST: Final = date(2026, 9, 1)
_PERIOD: Final = Period(_FIRST, date(2026, 9, 30))
_DUE: Final = datetime(2026, 10, 10, tzinfo=UTC).timestamp()
_ROUNDS: Final = 3
_DRAINED_WITHIN_SECONDS: Final = 180.0
_DRAIN_NICENESS: Final = "5"
"""From which a release goes on: the drain starts it."""
_MIB: Final = 1024
"""Of KiB, in which getrusage(2) counts."""


def main(arguments: Sequence[str]) -> int:
    """Write a month, make its release, and print what that took."""
    parser = argparse.ArgumentParser(prog="bench statistics", description=__doc__)
    parser.add_argument("--clusters", type=int, default=census_month.CLUSTERS)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each load")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as directory:
        data_dir = Path(directory, "data")
        try:
            findings = [
                _month(data_dir, chosen.clusters),
                *_release(data_dir),
                *_intake(data_dir, chosen.seconds),
                *_answers(data_dir, chosen.seconds),
            ]
        except BenchmarkFailed as error:
            raise SystemExit(f"bench: {error}") from error
    print(render(findings))
    return 0 if all(each.holds for each in findings) else 1


def _month(data_dir: Path, clusters: int) -> Finding:
    first_day = str(int(datetime(2026, 9, 1, tzinfo=UTC).timestamp()) // DAY_SECONDS)
    # In a process of its own: what is started here would count the memory of this one as its own.
    began = time.monotonic()
    command = _module(census_month.__name__, str(data_dir / "reports"), first_day, str(clusters))
    if command.wait() != 0:
        raise BenchmarkFailed("no month was written")
    what = f"writing {clusters:,} clusters' month of {census_month.REPORTS_A_CLUSTER} reports each"
    return Finding(what=what, value=time.monotonic() - began, unit="s")


def _release(data_dir: Path) -> list[Finding]:
    began = time.monotonic()
    process = _started(data_dir)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - began
    (release,) = store.read(data_dir / store.RELEASES_FOLDER) or [None]
    if release is None:
        raise BenchmarkFailed("no release was made")
    began = time.monotonic()
    release_of(count([]), _PERIOD, Budget(), secrets.randbits)
    noise = time.monotonic() - began
    began = time.monotonic()
    store.add(data_dir / "elsewhere", release)
    stored = 2 * (time.monotonic() - began)  # beside the reports, and in the data directory
    cpu = used.ru_utime + used.ru_stime
    return [
        Finding(what="a release", value=seconds, unit="s", at_most=20, digits=1),
        Finding(what="of that, noise", value=noise, unit="s", digits=1),
        Finding(what="of that, storing", value=stored, unit="s", digits=2),
        Finding(what="a release, CPU", value=cpu, unit="s", digits=1),
        Finding(what="a release, peak", value=used.ru_maxrss / _MIB, unit="MiB", at_most=1024),
    ]


def _intake(data_dir: Path, seconds: float) -> list[Finding]:
    """Post with and without a release that is being made, in turns.

    It is the process that the drain starts, at its priority, on the collector's data directory.
    """
    body = report.encode(sample(2))
    with running_collector(_COLLECTOR, data_dir) as ours:
        rounds = [_round(ours, body, seconds) for _ in range(_ROUNDS)]
    alone, beside = (statistics.median(rates) for rates in zip(*rounds, strict=True))
    ratio = statistics.median(beside / alone for alone, beside in rounds)
    what = "posts beside a release"
    return [
        Finding(what="posts, 2 nodes, 64 connections", value=alone, unit="/s"),
        Finding(what=what, value=beside, unit="/s"),
        Finding(what=f"{what}, to those alone", value=ratio, unit="times", at_least=0.8, digits=2),
    ]


def _round(ours: MeasuredCollector, body: bytes, seconds: float) -> tuple[float, float]:
    alone = measure_rate(ours, body, 64, seconds)
    with _being_made(ours.data_dir):
        beside = measure_rate(ours, body, 64, seconds)
    ours.seconds_until_drained(at_most=_DRAINED_WITHIN_SECONDS)
    return alone.posts, beside.posts


@contextmanager
def _being_made(data_dir: Path) -> Iterator[None]:
    """Have a release made meanwhile. Raises `BenchmarkFailed` where that is over too early."""
    for folder in (data_dir / store.RELEASES_FOLDER, data_dir / "reports" / ".releases"):
        shutil.move(folder, f"{folder}-made")
    process = _started(data_dir)
    try:
        yield
        if process.poll() is not None:
            raise BenchmarkFailed(
                "the release was made before the load was over: take more clusters"
            )
    finally:
        process.kill()
        process.wait()
        for folder in (data_dir / store.RELEASES_FOLDER, data_dir / "reports" / ".releases"):
            shutil.rmtree(folder, ignore_errors=True)
            shutil.move(f"{folder}-made", folder)


def _answers(data_dir: Path, seconds: float) -> list[Finding]:
    """Ask for what is published, and for /healthz, in turns."""
    paths = ("/healthz", "/", "/api/v1/statistics", "/api/v1/statistics.csv")
    flags = ("--publish", "monthly", "--publish-since", f"{_FIRST:%Y-%m}")
    with running_collector(_COLLECTOR, data_dir, *flags) as ours:
        root = ours.url.removesuffix("/api/v1")
        rounds = [[_asked(root + path, seconds) for path in paths] for _ in range(_ROUNDS)]
    health, *others = zip(*rounds, strict=True)
    return [
        Finding(what="GET /healthz", value=statistics.median(health), unit="/s"),
        *(
            Finding(
                what=f"GET {path}, to those",
                value=statistics.median(
                    ours / its for ours, its in zip(rates, health, strict=True)
                ),
                unit="times",
                at_least=0.5,
                digits=2,
            )
            for path, rates in zip(paths[1:], others, strict=True)
        ),
    ]


def _asked(url: str, seconds: float) -> float:
    measured = measure(Load(url=url, connections=32, seconds=seconds / 3))
    if measured.lost or measured.statuses.keys() - {"200", "below 400", "400 and above"}:
        raise BenchmarkFailed(f"{url} is answered {dict(measured.statuses)}, {measured.lost} lost")
    if measured.statuses.get("400 and above"):
        raise BenchmarkFailed(f"{url} is refused")
    return measured.requests_a_second


_COLLECTOR: Final = (sys.executable, "-m", collector.main.__name__)


def _started(data_dir: Path) -> "subprocess.Popen[bytes]":
    settings = ReleaseSettings(
        data_dir=str(data_dir),
        warehouse=f"parquet://{data_dir}/reports",
        plan=PublishPlan(Publish.MONTHLY, Budget().epsilon, _FIRST, missed=_PERIOD.last),
        now=_DUE,
    )
    return _module(release_process.__name__, encode(settings).decode().strip())


def _module(*command: str) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.Popen(
        ["nice", "-n", _DRAIN_NICENESS, sys.executable, "-m", *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env=environment,
    )
