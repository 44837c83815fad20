"""For tests: reports on their way to BigQuery, and a warehouse that gives up soon."""

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from collector.records import Batch, SpooledReport
from collector.warehouse.bigquery import BigQueryTable
from collector.warehouse.bigquery.service import Deadlines
from collector.warehouse.bigquery.warehouse import BigQueryWarehouse, open_bigquery
from collector.warehouse.dead_letters import DEAD_LETTERS_FILE, DeadLetter, DeadLetters

TABLE: Final = BigQueryTable("project", "dataset", "reports")
TABLE_ID: Final = str(TABLE)
HOUR: Final = 1_795_417_200  # 2026-11-23T07:00:00Z

SHORT: Final = Deadlines(call=0.5, upload=0.5, query=1.0, job=1.0, poll=0.01)
"""Gives up within a second."""


def _text(name: str, mode: str = "NULLABLE") -> dict[str, object]:
    return {"name": name, "type": "STRING", "mode": mode}


def _list(name: str, *fields: dict[str, object]) -> dict[str, object]:
    return {"name": name, "type": "RECORD", "mode": "REPEATED", "fields": [*fields]}


ORIGINAL_COLUMNS: Final = (
    _text("version", "REQUIRED"),
    _text("timestamp", "REQUIRED"),
    _text("clusterID", "REQUIRED"),
    _text("masterVersion"),
    _list(
        "nodes",
        _text("id", "REQUIRED"),
        _text("operatingSystem"),
        _text("osImage"),
        _text("kernelVersion"),
        _text("architecture"),
        _text("containerRuntimeVersion"),
        _text("kubeletVersion"),
        _text("cloudProvider"),
        _list("capacity", _text("resource", "REQUIRED"), _text("value", "REQUIRED")),
    ),
    _list("extensions", _text("name", "REQUIRED"), _text("value", "REQUIRED")),
)
"""The columns of the original's table, as the REST interface has them."""

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


def keys_in(rows: Iterable[Mapping[str, object]]) -> Counter[str]:
    """Return the keys of the reports in rows of a table, each as often as it is there."""
    return Counter(str(row["reportKey"]) for row in rows)


@contextmanager
def opened(
    url: str, data_dir: Path, *, deadlines: Deadlines = SHORT
) -> Iterator[BigQueryWarehouse]:
    """Open `TABLE` of the fake at `url`."""
    with closing(
        open_bigquery(TABLE, data_dir=data_dir, emulator=url, deadlines=deadlines)
    ) as warehouse:
        yield warehouse


def dead_letters_in(data_dir: Path) -> list[DeadLetter]:
    """Return the dead letters in a data directory."""
    with closing(DeadLetters(data_dir / DEAD_LETTERS_FILE, clock=time.time)) as letters:
        return list(letters)
