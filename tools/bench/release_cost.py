"""What a release costs: a month of a million clusters and ten million reports, in Parquet."""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from collector.drain import release_process
from collector.drain.channel import encode
from collector.drain.messages import ReleaseSettings
from collector.records import DAY_SECONDS
from collector.values import Publish, PublishPlan
from tools.bench import census_month
from tools.bench.findings import Finding, render

_MIB = 1024
"""Of KiB, in which getrusage(2) counts."""


def main(arguments: Sequence[str]) -> int:
    """Write a month, make its release, and print what that took."""
    parser = argparse.ArgumentParser(prog="bench statistics", description=__doc__)
    parser.add_argument("--clusters", type=int, default=census_month.CLUSTERS)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as directory:
        findings = _release(Path(directory), chosen.clusters)
    print(render(findings))
    return 0 if all(each.holds for each in findings) else 1


def _release(data_dir: Path, clusters: int) -> list[Finding]:
    first = datetime(2026, 9, 1, tzinfo=UTC)
    first_day = int(first.timestamp()) // DAY_SECONDS
    # In a process of its own: what is started here would count the memory of this one as its own.
    module = [sys.executable, "-m", census_month.__name__]
    began = time.monotonic()
    _run([*module, str(data_dir / "reports"), str(first_day), str(clusters)])
    written = time.monotonic() - began
    settings = ReleaseSettings(
        data_dir=str(data_dir),
        warehouse=f"parquet://{data_dir}/reports",
        plan=PublishPlan(Publish.MONTHLY, 4.0, first.date()),
        now=first.replace(month=10, day=10).timestamp(),
    )
    began = time.monotonic()
    peak = _run([sys.executable, "-m", release_process.__name__, encode(settings).decode().strip()])
    seconds = time.monotonic() - began
    if not list(data_dir.glob("releases/2026-09.json")):
        raise SystemExit("no release was made")
    reports = clusters * census_month.REPORTS_A_CLUSTER
    return [
        Finding(what=f"writing {reports:,} reports", value=written, unit="s"),
        Finding(what="their release", value=seconds, unit="s", at_most=20, digits=1),
        Finding(what="its peak", value=peak, unit="MiB", at_most=1024),
    ]


def _run(command: Sequence[str]) -> float:
    """Run a program and return its peak in MiB. Raises `SystemExit` where it fails."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=environment
    ) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{command[2]} exited with {process.returncode}")
    return used.ru_maxrss / _MIB
