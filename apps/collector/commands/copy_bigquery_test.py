"""`collector copy` from Parquet files to BigQuery, as a process that is killed on its way."""

import os
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from collector.records import DAY_SECONDS, Batch, SpooledReport
from collector.testing import MODULES, run_collector, wait_until
from collector.warehouse.bigquery.testing import ORIGINAL_COLUMNS
from collector.warehouse.parquet.warehouse import open_parquet
from collector.warehouse.testing import WORKLOADS, spooled
from tools.bigquery.faults import INSERT, Fault, Silence, no_faults
from tools.bigquery.messages import JSONObject, Request
from tools.bigquery.server import FakeBigQuery, running_bigquery
from tools.bigquery.service import Behaviour

TABLE = "project.dataset.reports"
EMULATOR = "BIGQUERY_EMULATOR_HOST"
DAYS = 4
A_DAY = 25
COUNT = DAYS * A_DAY


def _fill(data_dir: Path) -> Counter[str]:
    """Make a folder of one file a day; return the clusters in it."""
    with closing(open_parquet(data_dir / "reports", data_dir=data_dir)) as warehouse:
        for day in range(DAYS):
            numbers = range(1 + day * A_DAY, 1 + (day + 1) * A_DAY)
            reports = tuple(_report(number, day) for number in numbers)
            warehouse.write(Batch("0" * 16, reports))
    return Counter(f"cluster-{number}" for number in range(1, COUNT + 1))


def _report(number: int, day: int) -> SpooledReport:
    made = spooled(number, workloads=WORKLOADS if number % 5 == 0 else None)
    return SpooledReport(number, made.report_key, day * DAY_SECONDS, made.encoded)


def _command(data_dir: Path) -> tuple[str, ...]:
    return ("copy", "--to", f"bigquery://{TABLE}", "--data-dir", str(data_dir))


def _kill_in(fake: FakeBigQuery, data_dir: Path, *, nth_insert: int) -> None:
    """Start a copy and kill it while BigQuery has its nth job, and leaves it unanswered."""
    begun = fake.count(INSERT)

    def hold(request: Request) -> Fault | None:
        if request.method != INSERT or fake.count(INSERT) < begun + nth_insert:
            return None
        return Silence(applied=True)

    fake.script = hold
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", MODULES[0], *_command(data_dir)]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as copying:
        try:
            wait_until(lambda: fake.count(INSERT) >= begun + nth_insert)
            assert copying.poll() is None
        finally:
            copying.kill()
    fake.script = no_faults


def _clusters(fake: FakeBigQuery) -> Counter[str]:
    return Counter(str(row["clusterID"]) for row in fake.table(TABLE).rows)


def test_a_copy_that_is_killed_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After SIGKILLs in the middle, and once more, each report is in the table itself once."""
    clusters = _fill(tmp_path)
    counted: list[FakeBigQuery] = []
    behaviour = Behaviour(polls=0, query=lambda _: (len(counted[0].table(TABLE).view()), 0))
    with running_bigquery(behaviour=behaviour) as fake:
        counted.append(fake)
        monkeypatch.setenv(EMULATOR, fake.url)
        _kill_in(fake, tmp_path, nth_insert=2)
        _kill_in(fake, tmp_path, nth_insert=1)
        for _ in range(2):
            outcome = run_collector(*_command(tmp_path))
            assert outcome.returncode == 0, outcome.stderr
            assert outcome.stdout.decode().splitlines() == [
                f"in the folder: {COUNT} reports",
                f"in the table: {COUNT} reports",
            ]
        assert _clusters(fake) == clusters
        assert len(fake.service.jobs) == fake.count(INSERT) == DAYS
        rows = fake.table(TABLE).rows
    assert sum(row.get("workloads") == WORKLOADS for row in rows) == COUNT // 5
    assert {str(row["receivedAt"])[:10] for row in rows} == {
        f"1970-01-0{day + 1}" for day in range(DAYS)
    }


def test_a_day_that_was_merged_between_two_copies_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day of two files that were merged since is copied again, and the copy says what that is."""
    with closing(open_parquet(tmp_path / "reports", data_dir=tmp_path)) as warehouse:
        for first in (1, 11):
            warehouse.write(
                Batch("0" * 16, tuple(_report(number, 0) for number in range(first, first + 10)))
            )
    counted: list[FakeBigQuery] = []
    behaviour = Behaviour(polls=0, query=lambda _: (len(counted[0].table(TABLE).rows), 0))
    with running_bigquery(behaviour=behaviour) as fake:
        counted.append(fake)
        monkeypatch.setenv(EMULATOR, fake.url)
        assert b"holds more" not in run_collector(*_command(tmp_path)).stderr
        with closing(open_parquet(tmp_path / "reports", data_dir=tmp_path)) as warehouse:
            warehouse.compact(now=3 * DAY_SECONDS)
        outcome = run_collector(*_command(tmp_path))
    assert outcome.returncode == 0
    assert b"the table holds more" in outcome.stderr
    assert b"there twice" in outcome.stderr
    assert outcome.stdout.split()[-2] == b"40"


def test_a_copy_says_what_the_other_table_has_no_column_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where columns may not be added, all reports are copied, and what is not kept is said."""
    clusters = _fill(tmp_path)
    columns: JSONObject = {"fields": [*ORIGINAL_COLUMNS]}
    behaviour = Behaviour(
        polls=0, forbidden=frozenset({"tables.patch"}), query=lambda _: (COUNT, 0)
    )
    with running_bigquery(behaviour=behaviour) as fake:
        monkeypatch.setenv(EMULATOR, fake.url)
        fake.service.add(TABLE, {"schema": columns})
        outcome = run_collector(*_command(tmp_path))
        assert outcome.returncode == 0, outcome.stderr
        assert _clusters(fake) == clusters
        assert "workloads" not in fake.table(TABLE).rows[0]
    assert b"and these credentials may not add columns" in outcome.stderr
    assert b"workloads" in outcome.stderr
