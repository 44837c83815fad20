"""`collector copy` from DuckDB to BigQuery, as a process that is killed on its way."""

import os
import subprocess
import sys
from collections import Counter
from contextlib import closing
from hashlib import blake2b
from pathlib import Path

import pytest

from collector.records import Batch, SpooledReport
from collector.testing import MODULES, run_collector, wait_until
from collector.warehouse.bigquery.schema import COLUMNS
from collector.warehouse.bigquery.testing import WORKLOADS, spooled
from collector.warehouse.duckdb import DuckDBDatabase
from collector.warehouse.duckdb_reader import DuckDBReader
from tools.bigquery.faults import Fault, Silence, no_faults
from tools.bigquery.messages import JSON, Request
from tools.bigquery.server import FakeBigQuery, running_bigquery
from tools.bigquery.service import Behaviour

TABLE = "project.dataset.reports"
EMULATOR = "BIGQUERY_EMULATOR_HOST"
COUNT = 2_600  # three batches, and six requests


def _fill(path: Path) -> None:
    reports = tuple(_report(number) for number in range(1, COUNT + 1))
    with closing(DuckDBDatabase(path)) as database:
        database.write(Batch("spool", reports))


def _report(number: int) -> SpooledReport:
    made = spooled(number, workloads=WORKLOADS if number % 3 == 0 else None)
    key = blake2b(b"%d" % number, digest_size=16).hexdigest()
    return SpooledReport(number, key, 3_600 * (number % 7), made.encoded)


def _command(source: Path) -> tuple[str, ...]:
    return ("copy", "--from", f"duckdb://{source}", "--to", f"bigquery://{TABLE}")


def _kill_in(fake: FakeBigQuery, source: Path, *, nth_insert: int) -> None:
    """Start a copy and kill it while BigQuery has its nth request, and leaves it unanswered."""
    begun = fake.count("insertAll")

    def hold(request: Request) -> Fault | None:
        if request.method != "insertAll" or fake.count("insertAll") < begun + nth_insert:
            return None
        return Silence(applied=True)

    fake.script = hold
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", MODULES[0], *_command(source)]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as copying:
        try:
            wait_until(lambda: fake.count("insertAll") >= begun + nth_insert)
            assert copying.poll() is None
        finally:
            copying.kill()
    fake.script = no_faults


def test_a_copy_that_is_killed_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After SIGKILLs in the middle both sides count the same, and the view has each report once."""
    source = tmp_path / "reports.duckdb"
    _fill(source)
    counted: list[FakeBigQuery] = []
    behaviour = Behaviour(
        deduplicates=False, query=lambda _: (len(counted[0].table(TABLE).view()), 0)
    )
    with running_bigquery(behaviour=behaviour) as fake:
        counted.append(fake)
        monkeypatch.setenv(EMULATOR, fake.url)
        _kill_in(fake, source, nth_insert=4)
        assert (tmp_path / "reports.duckdb.copy").exists()
        _kill_in(fake, source, nth_insert=2)
        outcome = run_collector(*_command(source))
        rows, view = fake.table(TABLE).rows, fake.table(TABLE).view()
    assert outcome.returncode == 0, outcome.stderr
    assert outcome.stdout.decode().splitlines() == [
        f"in the file: {COUNT} reports",
        f"in the other database: {COUNT} reports",
    ]
    assert Counter(str(row["reportKey"]) for row in view) == Counter(
        each.report_key for each in DuckDBReader(source).reports_from(0)
    )
    assert COUNT < len(rows) < 2 * COUNT
    assert sum(row.get("workloads") == WORKLOADS for row in view) == COUNT // 3
    assert not (tmp_path / "reports.duckdb.copy").exists()


def test_a_copy_says_what_the_other_table_has_no_column_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where columns may not be added, all reports are copied, and what is not kept is said."""
    source = tmp_path / "reports.duckdb"
    with closing(DuckDBDatabase(source)) as database:
        database.write(Batch("spool", tuple(_report(number) for number in range(1, 4))))
    columns: list[JSON] = [field.to_api_repr() for field in COLUMNS[:-1]]
    behaviour = Behaviour(forbidden=frozenset({"tables.patch"}), query=lambda _: (3, 0))
    with running_bigquery(behaviour=behaviour) as fake:
        monkeypatch.setenv(EMULATOR, fake.url)
        fake.service.add(TABLE, {"schema": {"fields": columns}})
        outcome = run_collector(*_command(source))
        rows = fake.table(TABLE).rows
    assert outcome.returncode == 0
    assert b"the other table lacks workloads, and these credentials may not add" in outcome.stderr
    assert len(rows) == 3
    assert all("workloads" not in row for row in rows)
