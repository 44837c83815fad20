"""Behaviour of the DuckDB database, on real files."""

import datetime as dt
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb
import pytest

import report
from collector.errors import WarehouseUnavailable, WarehouseUnusable
from collector.records import Batch, SpooledReport, Watermark
from collector.testing import held_open
from collector.warehouse.duckdb import DuckDBDatabase
from collector.warehouse.duckdb_schema import FORMAT_VERSION, REPORT, VERSION_1, Shape
from report import (
    Extension,
    NamespaceCount,
    Node,
    Report,
    Resource,
    WorkloadKind,
    Workloads,
)

FULL = Report(
    version="v2.0.0",
    timestamp="7200",
    cluster_id="c-1",
    master_version="v1.30.2",
    nodes=(
        Node(
            id="n1",
            operating_system="linux",
            os_image="Debian GNU/Linux 12 (bookworm)",
            kernel_version="6.1.0-18-cloud-amd64",
            architecture="amd64",
            container_runtime_version="containerd://1.7.13",
            kubelet_version="v1.30.2",
            cloud_provider="aws",
            capacity=(Resource("cpu", "4"), Resource("memory", "16093124Ki")),
        ),
        Node(id="n2"),
    ),
    extensions=(Extension("example.com/quote", 'it\'s "quoted", \\ and ünïcode\n'),),
    workloads=Workloads(
        namespaces=NamespaceCount(count=3, mean_age=2**53, median_age=0),
        kinds=(
            WorkloadKind(kind="pods", per_namespace=(1, 0, 2), mean_age=940, median_age=860),
            WorkloadKind(kind="ingresses", per_namespace=()),
        ),
    ),
)


def batch(first: int, count: int, *, spool: str = "s1", content: Report = FULL) -> Batch:
    ids = range(first, first + count)
    rows = tuple(SpooledReport(each, f"key-{each}", 7_200, report.encode(content)) for each in ids)
    return Batch(spool, rows)


@contextmanager
def opened(path: Path) -> Iterator[DuckDBDatabase]:
    with closing(DuckDBDatabase(path)) as database:
        yield database


def query(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(duckdb.connect(path, read_only=True)) as connection:
        return connection.execute(sql).fetchall()


def names_in(shape: Shape) -> tuple[str, ...]:
    """Return the fields of a struct, or of each struct of a list."""
    struct = shape[0] if isinstance(shape, list) else shape
    assert isinstance(struct, dict)
    return tuple(struct)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "reports.duckdb"


def test_a_report_is_kept_whole(path: Path) -> None:
    """Every field of a report can be read back, with its key and the hour of receipt."""
    with opened(path) as database:
        database.write(batch(1, 1))
    columns = ", ".join(f'"{name}": "{name}"' for name in REPORT)
    rows = query(path, f'SELECT {{{columns}}}::JSON, "reportKey", "receivedAt" FROM reports')  # noqa: S608 - names of our own schema
    document, key, received_at = rows[0]
    assert report.decode(str(document).encode()) == FULL
    assert (key, received_at) == ("key-1", dt.datetime(1970, 1, 1, 2))  # noqa: DTZ001 - DuckDB's TIMESTAMP has no zone


def test_a_report_of_the_required_fields_is_kept(path: Path) -> None:
    """What a report leaves out is NULL."""
    with opened(path) as database:
        database.write(batch(1, 1, content=Report(version="v1", timestamp="0", cluster_id="c")))
    rows = query(path, 'SELECT version, "clusterID", nodes, extensions, workloads FROM reports')
    assert rows == [("v1", "c", None, None, None)]


def test_every_wire_field_is_a_column() -> None:
    """The schema has each field of a report and of what is in it, by wire name, in its order."""
    assert tuple(REPORT) == Report.__struct_encode_fields__
    assert names_in(REPORT["nodes"]) == Node.__struct_encode_fields__
    workloads = REPORT["workloads"]
    assert isinstance(workloads, dict)
    assert names_in(workloads) == Workloads.__struct_encode_fields__
    assert names_in(workloads["namespaces"]) == NamespaceCount.__struct_encode_fields__
    assert names_in(workloads["kinds"]) == WorkloadKind.__struct_encode_fields__


def test_the_position_is_that_of_the_last_batch(path: Path) -> None:
    """The position survives closing, is kept for each spool, and is none for an unknown one."""
    with opened(path) as database:
        assert database.position("s1") is None
        database.write(batch(1, 3))
        database.write(batch(4, 2))
        database.write(batch(9, 1, spool="s2"))
    with opened(path) as database:
        assert database.position("s1") == Watermark("s1", 5)
        assert database.position("s2") == Watermark("s2", 9)
        assert database.position("s3") is None


def test_a_batch_that_fails_leaves_neither_rows_nor_position(path: Path) -> None:
    """Rows and position are written in one transaction."""
    broken = Batch("s1", (*batch(1, 1).reports, SpooledReport(2, "k", 0, b"{}")))
    with opened(path) as database, pytest.raises(WarehouseUnavailable):
        database.write(broken)
    with opened(path) as database:
        assert database.position("s1") is None
    assert query(path, "SELECT count(*) FROM reports") == [(0,)]


def test_a_kill_leaves_rows_and_position_together(path: Path) -> None:
    """After a SIGKILL in the middle of writing there are as many rows as the position says."""
    program = (
        "import sys, pathlib, collector.warehouse.duckdb_test as t\n"
        "with t.opened(pathlib.Path(sys.argv[1])) as database:\n"
        "    for first in range(1, 1_000_000, 20):\n"
        "        database.write(t.batch(first, 20))\n"
        "        print(first, flush=True)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as writer:
        assert writer.stdout is not None
        told = [int(writer.stdout.readline()) for _ in range(15)]
        writer.kill()
    with opened(path) as database:
        position = database.position("s1")
    assert position is not None
    assert position.last_id >= told[-1] + 19
    assert query(path, "SELECT count(*) FROM reports") == [(position.last_id,)]


def test_a_file_that_is_open_elsewhere_is_unavailable(path: Path) -> None:
    """A lock held by another process may go away, so it is no final refusal."""
    with opened(path):
        pass
    with held_open(path), pytest.raises(WarehouseUnavailable, match="another process has"):
        DuckDBDatabase(path)


@pytest.mark.parametrize("content", [b"", b"hello " * 5_000, b"SQLite format 3\0" + b"\0" * 9_000])
def test_a_file_of_something_else_is_refused(path: Path, content: bytes) -> None:
    """A file that is no DuckDB file is refused by name and keeps its bytes."""
    path.write_bytes(content)
    with pytest.raises(WarehouseUnusable, match=str(path)):
        DuckDBDatabase(path)
    assert path.read_bytes() == content


def test_a_cut_file_is_refused(path: Path) -> None:
    """A file that lost its end is refused and left as it is."""
    with opened(path) as database:
        database.write(batch(1, 100))
    content = path.read_bytes()[:20_000]
    path.write_bytes(content)
    with pytest.raises(WarehouseUnusable, match="damaged"):
        DuckDBDatabase(path)
    assert path.read_bytes() == content


def test_another_programs_file_is_refused(path: Path) -> None:
    """A DuckDB file without our tables is refused and left as it is."""
    with closing(duckdb.connect(path)) as connection:
        connection.execute("CREATE TABLE reports (anything INTEGER)")
    content = path.read_bytes()
    with pytest.raises(WarehouseUnusable, match="another program's"):
        DuckDBDatabase(path)
    assert path.read_bytes() == content


def test_a_newer_file_is_refused_by_name(path: Path) -> None:
    """A file of a later release is refused, with both versions named."""
    with closing(duckdb.connect(path)) as connection:
        connection.execute(VERSION_1)
        connection.execute("UPDATE format SET version = ?", [FORMAT_VERSION + 1])
    content = path.read_bytes()
    with pytest.raises(WarehouseUnusable, match="format version 3, this collector knows 2"):
        DuckDBDatabase(path)
    assert path.read_bytes() == content


def test_a_log_without_its_file_is_refused(path: Path) -> None:
    """A new file beside the log of a missing one would lose what the log holds."""
    log = path.with_name(f"{path.name}.wal")
    log.write_bytes(b"rows")
    with pytest.raises(WarehouseUnusable, match="the log of a file that is missing"):
        DuckDBDatabase(path)
    assert log.read_bytes() == b"rows"


def test_leftovers_of_an_unfinished_start_do_no_harm(path: Path) -> None:
    """A start that was killed while it made the file can be repeated."""
    path.with_name(f"{path.name}.new").write_bytes(b"half")
    with opened(path) as database:
        assert database.position("s1") is None


def test_a_large_batch_takes_seconds_not_minutes(path: Path) -> None:
    """A full batch is inserted as a whole, not row by row."""
    began = time.monotonic()
    with opened(path) as database:
        database.write(batch(1, 1_000))
    assert time.monotonic() - began < 10
    assert query(path, 'SELECT count(DISTINCT "reportKey") FROM reports') == [(1_000,)]
