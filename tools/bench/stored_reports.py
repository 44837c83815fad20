"""Fills a folder of reports as the drain does, in a process of its own, and merges its days.

Prints one line of JSON: what it wrote and how much memory it took.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

import report
from collector.records import DAY_SECONDS, SpooledReport, batches_of
from collector.warehouse.parquet.warehouse import open_parquet
from report import Node, Report, Resource
from tools.bench.report_codec import sample

FIRST_DAY: Final = 20_000
_SPOOL: Final = "bench"


@dataclass(frozen=True)
class Shape:
    """How many days, reports a day, and nodes a report."""

    days: int
    reports: int
    nodes: int
    capacities: int = 6


SHAPES: Final = {
    "small": Shape(days=20, reports=50_000, nodes=2),
    "large": Shape(days=30, reports=30, nodes=5_000),
    "largest": Shape(days=1, reports=250, nodes=16_000, capacities=12),
}


def main() -> None:
    """Fill the folder in the data directory that is named, in the shape that is named."""
    shape, data_dir = SHAPES[sys.argv[1]], Path(sys.argv[2])
    data_dir.mkdir()
    began = time.monotonic()
    slowest = 0.0
    with closing(open_parquet(data_dir / "reports", data_dir=data_dir)) as warehouse:
        for batch in batches_of(_reports(shape), spool_id=_SPOOL, limits=warehouse.limits):
            begun = time.monotonic()
            warehouse.write(batch)
            slowest = max(slowest, (time.monotonic() - begun) / len(batch.reports))
        written = time.monotonic() - began
        warehouse.compact(now=(FIRST_DAY + shape.days + 1) * DAY_SECONDS)
    files = list(data_dir.glob("reports/*/*.parquet"))
    found = {
        "reports": shape.days * shape.reports,
        "seconds": written,
        "seconds_for_one": slowest,
        "files": len(files),
        "bytes": sum(each.stat().st_size for each in files),
        "peak_mib": _peak_mib(),
    }
    print(json.dumps(found))


def _reports(shape: Shape) -> Iterator[SpooledReport]:
    made = _sample(shape)
    for row_id in range(1, shape.days * shape.reports + 1):
        day = FIRST_DAY + (row_id - 1) // shape.reports
        yield SpooledReport(row_id, f"{row_id:032x}", day * DAY_SECONDS, _one(made, row_id, shape))


def _one(made: Report, row_id: int, shape: Shape) -> bytes:
    """Return a report that differs from others where those of clusters do."""
    nodes = made.nodes or ()
    if shape.nodes <= 2:  # noqa: PLR2004 - of large ones the many nodes are the same each time
        nodes = tuple(msgspec.structs.replace(each, id=os.urandom(16).hex()) for each in nodes)
    cluster_id = f"{row_id % (shape.reports or 1):08x}-7a3c-4e3e-9d55-{row_id % shape.reports:012x}"
    version = f"v1.{20 + row_id % 13}.{row_id % 7}"
    changed = msgspec.structs.replace(
        made, cluster_id=cluster_id, master_version=version, nodes=nodes
    )
    return report.encode(changed)


def _sample(shape: Shape) -> Report:
    if shape.capacities == len((sample(1).nodes or ())[0].capacity or ()):
        return sample(shape.nodes)
    capacity = tuple(Resource(f"hugepages-{each}", "1") for each in range(shape.capacities))
    nodes = tuple(Node(id=f"{each:x}", capacity=capacity) for each in range(shape.nodes))
    return Report(version="v1", timestamp="0", cluster_id="c", nodes=nodes)


def _peak_mib() -> float:
    """Return the most memory that this process held, without the reports that were made for it."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    main()
