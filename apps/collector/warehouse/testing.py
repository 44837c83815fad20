"""For tests: reports on their way to any warehouse."""

import json
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Final

from collector.records import Batch, SpooledReport
from collector.warehouse.dead_letters import DEAD_LETTERS_FILE, DeadLetter, DeadLetters

HOUR: Final = 1_795_417_200  # 2026-11-23T07:00:00Z

WORKLOADS: Final[dict[str, object]] = {
    "namespaces": {"count": 3, "meanAge": 2**53, "medianAge": 860},
    "kinds": [
        {"kind": "pods", "perNamespace": [1, 0, 2], "meanAge": 940, "medianAge": 860},
        {"kind": "ingresses", "perNamespace": [3]},
    ],
}


def spooled(
    number: int, *, cluster_id: str = "", size: int = 0, workloads: dict[str, object] | None = None
) -> SpooledReport:
    """Return a valid report with a key of its own; `size` bytes or a little more."""
    document: dict[str, object] = {
        "version": "v2.0.0",
        "timestamp": str(HOUR),
        "clusterID": cluster_id or f"cluster-{number}",
        "masterVersion": "v1.30.2" + "x" * size,
        "nodes": [{"id": "0" * 32, "capacity": [{"resource": "cpu", "value": "4"}]}],
        "extensions": [{"name": "example.com/zone", "value": ""}],
    }
    if workloads is not None:
        document["workloads"] = workloads
    return SpooledReport(number, f"{number:032x}", HOUR, json.dumps(document).encode())


def some_reports(count: int) -> list[SpooledReport]:
    """Return so many valid reports, numbered from 1."""
    return [spooled(number) for number in range(1, count + 1)]


def batch_of(reports: Iterable[SpooledReport]) -> Batch:
    """Return reports as a batch."""
    return Batch("spool", tuple(reports))


def keys_of(reports: Iterable[SpooledReport]) -> set[str]:
    """Return the keys of reports."""
    return {each.report_key for each in reports}


def dead_letters_in(data_dir: Path) -> list[DeadLetter]:
    """Return the dead letters in a data directory."""
    with closing(DeadLetters(data_dir / DEAD_LETTERS_FILE, clock=time.time)) as letters:
        return list(letters)
