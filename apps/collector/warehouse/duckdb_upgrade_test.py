"""Files of version 1: upgraded whole or not at all, and readable without being upgraded."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

import report
from collector.errors import WarehouseUnavailable
from collector.records import Batch, SpooledReport, Watermark
from collector.warehouse.abilities import Format
from collector.warehouse.duckdb import DuckDBDatabase
from collector.warehouse.duckdb_reader import DuckDBReader
from collector.warehouse.duckdb_reading import position_of
from collector.warehouse.duckdb_schema import UPGRADE, VERSION_1
from report import NamespaceCount, Report, WorkloadKind, Workloads

HOUR = 3_600
KEY = "a" * 32
OLD = b'{"version":"v2","timestamp":"3600","clusterID":"old","nodes":[{"id":"n"}]}'
NEW = Report(
    version="v2.1.0",
    timestamp="3600",
    cluster_id="new",
    workloads=Workloads(
        namespaces=NamespaceCount(count=4),
        kinds=(WorkloadKind(kind="pods", per_namespace=(1, 3), mean_age=50, median_age=50),),
    ),
)
STORED = SpooledReport(position_of(HOUR, KEY), KEY, HOUR, OLD)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of version 1 with a report, and with a name that SQL has to quote."""
    path = tmp_path / 'some "old".reports.duckdb'
    with closing(duckdb.connect(path)) as connection:
        connection.execute(VERSION_1)
        connection.execute(
            "INSERT INTO reports BY NAME SELECT 'v2' AS version, '3600' AS timestamp,"
            " 'old' AS \"clusterID\", [{'id': 'n'}] AS nodes,"
            ' ? AS "reportKey", make_timestamp(3600000000) AS "receivedAt"',
            [KEY],
        )
        connection.execute("INSERT INTO watermarks VALUES ('s1', 7)")
    return path


def contents(path: Path) -> tuple[object, ...]:
    """Return version, names of columns, positions and number of reports."""
    with closing(duckdb.connect(path, read_only=True)) as connection:
        version = connection.execute("SELECT version FROM format").fetchall()
        columns = connection.execute("SELECT column_name, column_type FROM (DESCRIBE reports)")
        names = columns.fetchall()
        watermarks = connection.execute("SELECT * FROM watermarks").fetchall()
        count = connection.execute("SELECT count(*) FROM reports").fetchall()
    return version, names, watermarks, count


def write_new(database: DuckDBDatabase) -> None:
    row = SpooledReport(8, "b" * 32, HOUR, report.encode(NEW))
    database.write(Batch("s1", (row,)))


def test_an_older_file_is_upgraded_and_takes_workloads(path: Path) -> None:
    """Reports and position stay, and new reports are kept whole beside them."""
    with closing(DuckDBDatabase(path)) as database:
        assert database.position("s1") == Watermark("s1", 7)
        write_new(database)
    encoded = [each.encoded for each in DuckDBReader(path).reports_from(0)]
    assert encoded == [OLD, report.encode(NEW)]


def test_an_upgraded_file_is_as_a_new_one(path: Path, tmp_path: Path) -> None:
    """Version and columns are those of a file that this release makes."""
    new = tmp_path / "new.duckdb"
    for each in (path, new):
        DuckDBDatabase(each).close()
    assert contents(path)[:2] == contents(new)[:2]
    assert contents(new)[0] == [(2,)]


@pytest.mark.parametrize("done", range(len(UPGRADE) + 1))
def test_a_killed_upgrade_leaves_one_version_or_the_other(path: Path, done: int) -> None:
    """After a SIGKILL behind any statement the file is of version 1 or 2, whole, and opens."""
    before = contents(path)
    program = (
        "import sys, duckdb\n"
        "connection = duckdb.connect(sys.argv[1])\n"
        "for statement in sys.argv[2:]:\n"
        "    connection.execute(statement)\n"
        "print(flush=True)\n"
        "input()\n"
    )
    command = [sys.executable, "-c", program, str(path), *UPGRADE[:done]]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as upgrading:
        assert upgrading.stdout is not None
        assert upgrading.stdout.readline() == b"\n"
        upgrading.kill()
    after = contents(path)
    if done < len(UPGRADE):
        assert after == before
    else:
        assert (after[0], after[2:]) == ([(2,)], before[2:])
    with closing(DuckDBDatabase(path)) as database:
        write_new(database)
        assert database.count() == 2


def test_an_upgrade_that_was_killed_can_be_repeated(path: Path) -> None:
    """An opening that is killed as soon as its log is on the disk is made good by the next."""
    log = path.with_name(f"{path.name}.wal")
    program = (
        "import sys, pathlib\n"
        "from collector.warehouse.duckdb_file import prepare\n"
        "prepare(pathlib.Path(sys.argv[1]))\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(command, env=environment) as opening:
        # The log is there for milliseconds, so no pause is made between two looks.
        while opening.poll() is None and not log.exists():
            pass
        opening.kill()
    with closing(DuckDBDatabase(path)) as database:
        assert database.position("s1") == Watermark("s1", 7)
        assert database.count() == 1


def test_an_upgrade_that_fails_changes_nothing(path: Path) -> None:
    """A file that cannot be upgraded stays of version 1, and the error says what was tried."""
    with closing(duckdb.connect(path)) as connection:
        connection.execute("ALTER TABLE reports ADD COLUMN workloads INTEGER")
    before = contents(path)
    with pytest.raises(WarehouseUnavailable, match="cannot be upgraded to format version 2"):
        DuckDBDatabase(path)
    assert contents(path) == before


def lines_of(path: Path) -> bytes:
    lines: list[bytes] = []
    assert DuckDBReader(path).export(Format.JSONL, lines.append) == 1
    return b"".join(lines)


def columns_of_parquet(path: Path) -> list[str]:
    pieces: list[bytes] = []
    assert DuckDBReader(path).export(Format.PARQUET, pieces.append) == 1
    target = path.with_name("exported.parquet")
    target.write_bytes(b"".join(pieces))
    with closing(duckdb.connect()) as connection:
        columns = connection.execute("SELECT * FROM read_parquet(?)", [str(target)]).description
    return [str(column[0]) for column in columns]


def test_an_older_file_is_read_without_being_upgraded(path: Path) -> None:
    """Count, copy and both exports read it as if it were upgraded, and not a byte changes."""
    before = path.read_bytes()
    assert DuckDBReader(path).count() == 1
    assert tuple(DuckDBReader(path).reports_from(0)) == (STORED,)
    assert OLD.removesuffix(b"}") in lines_of(path)
    unchanged = columns_of_parquet(path)
    assert path.read_bytes() == before
    DuckDBDatabase(path).close()
    assert columns_of_parquet(path) == unchanged
    assert unchanged[-1] == "workloads"
