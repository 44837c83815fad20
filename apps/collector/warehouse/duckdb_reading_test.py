"""Behaviour of reading reports out of DuckDB."""

from contextlib import closing
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

import report
from collector.errors import WarehouseUnavailable, WarehouseUnusable
from collector.records import Batch, SpooledReport
from collector.testing import held_open
from collector.warehouse.abilities import Format
from collector.warehouse.duckdb import DuckDBDatabase
from collector.warehouse.duckdb_reader import DuckDBReader
from collector.warehouse.duckdb_reading import position_of
from report import Extension, NamespaceCount, Node, Report, Resource, WorkloadKind, Workloads

HOUR = 3_600
FULL = Report(
    version="v2.0.0",
    timestamp="7200",
    cluster_id="c-1",
    nodes=(
        Node(id="n1", os_image="Ubuntu 22.04.3 LTS", capacity=(Resource("cpu", "4"),)),
        Node(id="n2"),
    ),
    extensions=(
        Extension("example.com/quote", 'it\'s "quoted", \\ and ünïcode\n'),
        Extension("e", ""),
    ),
    workloads=Workloads(
        namespaces=NamespaceCount(count=2, mean_age=5_000),
        kinds=(WorkloadKind(kind="jobs", per_namespace=()),),
    ),
)
BARE = Report(version="v1.0.0", timestamp="3600", cluster_id="c-2")
STORED = (
    SpooledReport(position_of(HOUR, "b" * 32), "b" * 32, HOUR, report.encode(BARE)),
    SpooledReport(position_of(2 * HOUR, "0" * 32), "0" * 32, 2 * HOUR, report.encode(BARE)),
    SpooledReport(position_of(2 * HOUR, "a" * 32), "a" * 32, 2 * HOUR, report.encode(FULL)),
)

keys = st.integers(0, 2**128 - 1).map("{:032x}".format)
hours = st.integers(0, 1_000_000).map(lambda number: number * HOUR)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    with closing(DuckDBDatabase(tmp_path / "reports.duckdb")) as database:
        database.write(Batch("s1", STORED[::-1]))
    return tmp_path / "reports.duckdb"


def test_a_report_is_read_as_it_was_written(file: Path) -> None:
    """What was absent is absent, an empty value stays, and the order is hour, then key."""
    assert tuple(DuckDBReader(file).reports_from(0)) == STORED


@pytest.mark.parametrize("first", range(3))
def test_reading_begins_at_a_position(file: Path, first: int) -> None:
    """The report at the position is the first, and those before it are left out."""
    assert tuple(DuckDBReader(file).reports_from(STORED[first].row_id)) == STORED[first:]


@given(hours, keys, hours, keys)
def test_positions_order_reports_by_hour_and_key(
    hour: int, key: str, other_hour: int, other_key: str
) -> None:
    """A position fits a signed 64-bit number and never contradicts hour and key."""
    one, other = position_of(hour, key), position_of(other_hour, other_key)
    assert 0 <= one < 2**63
    assert (one <= other) or (hour, key) > (other_hour, other_key)
    assert hour == other_hour or one != other


@pytest.mark.parametrize("form", Format)
def test_an_export_ends_with_the_error_of_its_reader(file: Path, form: Format) -> None:
    """What the receiver of the data raises comes out, and the file can be used again."""

    def refuse(data: bytes) -> None:
        raise BrokenPipeError(len(data))

    with closing(DuckDBDatabase(file)) as database:
        with pytest.raises(BrokenPipeError):
            database.export(form, refuse)
        assert database.count() == len(STORED)


def test_an_export_sees_what_is_committed_and_leaves_the_writer_alone(file: Path) -> None:
    """A batch that is written in the middle of an export is not part of it."""
    late = SpooledReport(9, "c" * 32, 3 * HOUR, report.encode(BARE))
    with closing(DuckDBDatabase(file)) as database:
        lines: list[bytes] = []

        def take(data: bytes) -> None:
            if not lines:
                database.write(Batch("s1", (late,)))
            lines.append(data)

        assert database.export(Format.JSONL, take) == len(lines) == len(STORED)
        assert database.count() == len(STORED) + 1


def test_reading_leaves_the_file_as_it_is(file: Path) -> None:
    """Not a byte changes, and nothing is left beside it."""
    before = file.read_bytes()
    assert DuckDBReader(file).count() == len(STORED)
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]


def test_a_file_that_cannot_be_read_is_said_so(file: Path) -> None:
    """Missing, foreign and in use are told apart."""
    with pytest.raises(WarehouseUnusable, match="there is no DuckDB file"):
        DuckDBReader(file.with_name("other")).count()
    with closing(duckdb.connect(file.with_name("foreign"))) as connection:
        connection.execute("CREATE TABLE bookmarks (address TEXT)")
    with pytest.raises(WarehouseUnusable, match="another program's"):
        DuckDBReader(file.with_name("foreign")).count()
    with held_open(file), pytest.raises(WarehouseUnavailable, match="another process has"):
        DuckDBReader(file).count()
