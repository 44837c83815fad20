"""What is stored: room on disk, memory of who writes it, how fast it is asked."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import report
from tools.bench import stored_reports
from tools.bench.findings import Finding
from tools.bench.http_load import post_steadily
from tools.bench.measured_program import MeasuredCollector, process_cpu_seconds
from tools.bench.report_codec import sample

_GROUP_BY: Final = "SELECT masterVersion, count(*) FROM reports GROUP BY ALL"
_STEADY_RATE: Final = 12.0
_STEADY_SECONDS: Final = 60.0


def storage(command: Sequence[str | Path], directory: Path) -> list[Finding]:
    """Fill folders in `directory` and ask the program that `command` starts about them."""
    small = _filled("small", directory)
    large = _filled("large", directory)
    largest = _filled("largest", directory)
    days = stored_reports.SHAPES["small"].days
    one_large = max(large["seconds_for_one"], largest["seconds_for_one"])
    return [
        Finding(what="2 nodes, written", value=small["reports"] / small["seconds"], unit="/s"),
        Finding(
            what="2 nodes, on disk",
            value=small["bytes"] / small["reports"],
            unit="bytes",
            at_most=130,
        ),
        Finding(
            what="files a closed day", value=small["files"] / days, unit="", at_most=1, digits=1
        ),
        Finding(
            what="group-by over a million reports, by sql",
            value=_seconds_of_query(command, directory / "small"),
            unit="s",
            at_most=1,
            digits=2,
        ),
        Finding(
            what="peak, a million 2-node reports", value=small["peak_mib"], unit="MiB", at_most=400
        ),
        Finding(
            what="peak, 30 clusters of 5,000 nodes a day, 30 days",
            value=large["peak_mib"],
            unit="MiB",
            at_most=400,
        ),
        Finding(
            what="peak, 250 reports of 16,000 nodes",
            value=largest["peak_mib"],
            unit="MiB",
            at_most=400,
        ),
        Finding(what="longest for one report", value=one_large, unit="s", at_most=2, digits=2),
    ]


def steady(ours: MeasuredCollector) -> list[Finding]:
    """Measure what the drain takes of a core while reports come in slowly."""
    pid = ours.drain_pid()
    began = process_cpu_seconds(pid)
    body = report.encode(sample(2))
    post_steadily(ours.url, body, rate=_STEADY_RATE, seconds=_STEADY_SECONDS)
    share = (process_cpu_seconds(pid) - began) / _STEADY_SECONDS * 100
    return [
        Finding(
            what=f"{_STEADY_RATE:g} reports a second, drain",
            value=share,
            unit="% core",
            at_most=2,
            digits=1,
        )
    ]


def _filled(shape: str, directory: Path) -> Mapping[str, float]:
    outcome = subprocess.run(
        [sys.executable, "-m", stored_reports.__name__, shape, str(directory / shape)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdout=subprocess.PIPE,
        check=True,
    )
    found: Mapping[str, float] = json.loads(outcome.stdout)
    return found


def _seconds_of_query(command: Sequence[str | Path], data_dir: Path) -> float:
    """Return how much longer a query takes than one that reads nothing: the start is not it."""
    return _seconds_of(command, data_dir, _GROUP_BY) - _seconds_of(command, data_dir, "SELECT 1")


def _seconds_of(command: Sequence[str | Path], data_dir: Path, query: str) -> float:
    times = []
    for _ in range(3):
        began = time.monotonic()
        subprocess.run(
            [*command, "sql", query, "--data-dir", str(data_dir)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        times.append(time.monotonic() - began)
    return min(times)
