"""For tests: reports on their way to a database, and databases that give up soon."""

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from collector.records import Batch, SpooledReport
from collector.warehouse.bigquery.address import BigQueryTable
from collector.warehouse.bigquery.retrying import Persistence
from collector.warehouse.bigquery.warehouse import BigQueryDatabase, open_bigquery
from collector.warehouse.dead_letters import DEAD_LETTERS_FILE, DeadLetter, DeadLetters

TABLE: Final = BigQueryTable("project", "dataset", "reports")
TABLE_ID: Final = str(TABLE)
HOUR: Final = 1_795_417_200  # 2026-11-23T07:00:00Z
ALWAYS: Final = 10**9
"""How many requests meet a fault that does not pass."""

IMPATIENT: Final = Persistence(
    call_seconds=0.5,
    retry_seconds=1.5,
    first_pause_seconds=0.01,
    longest_pause_seconds=0.05,
)
"""Gives up within two seconds."""

STUBBORN: Final = Persistence(
    call_seconds=0.5,
    retry_seconds=30.0,
    first_pause_seconds=0.01,
    longest_pause_seconds=0.05,
)
"""Tries again quickly, and for long."""


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
    """Return so many valid reports, numbered from 0."""
    return [spooled(number) for number in range(count)]


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
def open_database(
    url: str, data_dir: Path, *, persistence: Persistence = IMPATIENT
) -> Iterator[BigQueryDatabase]:
    """Open `TABLE` of the fake at `url`."""
    database = open_bigquery(TABLE, data_dir=data_dir, persistence=persistence, emulator=url)
    with closing(database):
        yield database


def dead_letters_in(data_dir: Path) -> list[DeadLetter]:
    """Return the dead letters in a data directory."""
    with closing(DeadLetters(data_dir / DEAD_LETTERS_FILE, clock=time.time)) as letters:
        return list(letters)
