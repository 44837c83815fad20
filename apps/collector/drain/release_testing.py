"""For tests: months of reports in real files, and the real program that makes releases of them."""

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from census import Release
from census.periods import parse
from collector.drain.channel import decode_message, encode
from collector.drain.messages import Message, ReleaseSettings
from collector.publishing import store
from collector.records import DAY_SECONDS, Batch, SpooledReport
from collector.settings import REPORTS_FOLDER
from collector.testing import MODULES
from collector.values import Publish, PublishPlan
from collector.warehouse.parquet.testing import open_folder
from report import Report
from report import encode as encode_report

NOVEMBER_25: Final = date(2026, 11, 25)
EXACT: Final = PublishPlan(Publish.EXACT, 4.0, date(2026, 10, 1))
MONTHLY: Final = PublishPlan(Publish.MONTHLY, 4.0, date(2026, 10, 1))
_PROGRAM: Final = ("-m", MODULES[2])


def days_of(name: str) -> tuple[int, int]:
    """Return two days of a period, in days since 1970-01-01."""
    first = (parse(name).first - date(1970, 1, 1)).days
    return first + 1, first + 5


def write_reports(
    data_dir: Path, clusters: Iterable[str], *, days: tuple[float, ...] = days_of("2026-10")
) -> None:
    """Write when clusters were heard from, in days since 1970-01-01."""
    rows = [
        SpooledReport(
            number,
            f"{number:032x}",
            round(day * DAY_SECONDS),
            encode_report(Report(version="v", cluster_id=each, master_version="v1.30.1")),
        )
        for number, (day, each) in enumerate(((day, each) for day in days for each in clusters), 1)
    ]
    with closing(open_folder(data_dir)) as warehouse:
        for day in sorted({each.day for each in rows}):
            warehouse.write(Batch("spool", tuple(each for each in rows if each.day == day)))


def started(
    data_dir: Path,
    plan: PublishPlan,
    *,
    today: date = NOVEMBER_25,
    reports: Path | None = None,
    retention_days: int | None = None,
    environment: Mapping[str, str] | None = None,
    program: tuple[str, ...] = _PROGRAM,
    words: tuple[str, ...] = (),
    pass_fds: tuple[int, ...] = (),
) -> "subprocess.Popen[bytes]":
    """Start the program with its standard input open, which it exits with.

    `reports` is the folder of reports, by default that of the data directory; `words` follow its
    own.
    """
    now = datetime(today.year, today.month, today.day, 12, tzinfo=UTC).timestamp()
    address = f"parquet://{reports or data_dir / REPORTS_FOLDER}"
    settings = encode(ReleaseSettings(str(data_dir), address, plan, now, retention_days)).decode()
    return subprocess.Popen(  # noqa: S603 - a test starts what it tests
        [sys.executable, *program, settings, *words],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **(environment or {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pass_fds=pass_fds,
    )


def release(
    data_dir: Path,
    plan: PublishPlan,
    *,
    today: date = NOVEMBER_25,
    retention_days: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> tuple[int, list[Message]]:
    """Run the program on a day; return its status and what it sent."""
    with started(
        data_dir, plan, today=today, retention_days=retention_days, environment=environment
    ) as process:
        messages = [decode_message(line) for line in process.stdout or ()]
    return process.returncode, messages


def releases_in(data_dir: Path) -> tuple[Release, ...]:
    """Return the releases of a data directory."""
    return store.read(data_dir / store.RELEASES_FOLDER)
