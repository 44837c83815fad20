"""Behaviour of a folder of Parquet files as a warehouse, on real files."""

import json
import os
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pytest
from hypothesis import given

import report
from collector.disk.files import ExchangeFolders, exchange_folders
from collector.errors import FileUnusable, WarehouseUnavailable, WarehouseUnusable
from collector.records import DAY_SECONDS, Batch, SpooledReport, Watermark
from collector.testing import clusters_in, query
from collector.warehouse.columns import REPORT_COLUMNS
from collector.warehouse.parquet.engine import Engine
from collector.warehouse.parquet.folder import Folder, Staging
from collector.warehouse.parquet.reading import lines_of, snapshot
from collector.warehouse.parquet.testing import folder_in, never, open_folder
from collector.warehouse.parquet.upkeep import Upkeep
from collector.warehouse.parquet.warehouse import ParquetWarehouse
from report import Node, Report, Resource
from tests.reports import reports

DAY = 20_000
AFTERWARDS = (DAY + 2) * DAY_SECONDS


def spooled(row_id: int, content: bytes | None = None, *, day: int = DAY) -> SpooledReport:
    encoded = content or b'{"version":"v1","timestamp":"0","clusterID":"c-%d"}' % row_id
    return SpooledReport(row_id, f"{row_id:032x}", day * DAY_SECONDS, encoded)


def batch(first: int, last: int, *, spool: str = "s1", day: int = DAY) -> Batch:
    return Batch(spool, tuple(spooled(each, day=day) for each in range(first, last + 1)))


def files_in(data_dir: Path) -> list[Path]:
    return sorted(data_dir.glob("reports/*/*.parquet"))


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[ParquetWarehouse]:
    with closing(open_folder(tmp_path)) as warehouse:
        yield warehouse


def test_a_batch_is_a_file_of_its_day(tmp_path: Path, warehouse: ParquetWarehouse) -> None:
    """Its name gives the rows, nobody else may read it, and nothing unfinished is left."""
    os.umask(0)
    warehouse.write(batch(1, 3))
    assert files_in(tmp_path) == [tmp_path / "reports" / "2024-10-04" / "s1-1-3.parquet"]
    assert clusters_in(tmp_path) == ["c-1", "c-2", "c-3"]
    assert list((tmp_path / "reports" / ".staging").iterdir()) == []
    modes = {each: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.rglob("*")}
    assert all(mode == (0o700 if each.is_dir() else 0o600) for each, mode in modes.items())


@given(content=reports())
def test_a_report_is_kept_whole(tmp_path_factory: pytest.TempPathFactory, content: Report) -> None:
    """Whatever a report holds comes out as it went in, through a merge, and so does its hour."""
    data_dir = tmp_path_factory.mktemp("data")
    stamped = (
        report.encode(content)
        if content.timestamp
        else report.encode(
            Report(
                **{name: getattr(content, name) for name in content.__struct_fields__}
                | {"timestamp": "7"}
            )
        )
    )
    with closing(open_folder(data_dir)) as warehouse, closing(Engine()) as engine:
        warehouse.write(Batch("s1", (spooled(1, stamped),)))
        warehouse.write(batch(2, 2))
        warehouse.compact(now=AFTERWARDS)
        with snapshot(folder_in(data_dir)) as opened, Staging(data_dir / "x") as staging:
            lines = [json.loads(each) for each in lines_of(engine, opened, staging)]
    ours = [each for each in lines if each["clusterID"] == content.cluster_id]
    assert report.decode(json.dumps(ours[0]).encode()) == report.decode(stamped)
    assert ours[0]["receivedAt"] == "2024-10-04T00:00:00Z"


def test_the_columns_are_those_of_a_report(tmp_path: Path, warehouse: ParquetWarehouse) -> None:
    """In the order of the wire, and the hour of receipt; no key that could be joined with a log."""
    warehouse.write(batch(1, 1))
    names = [name for name, *_ in query(tmp_path, "DESCRIBE r")]
    assert names == [*(each.name for each in REPORT_COLUMNS), "receivedAt"]


def test_the_position_is_the_last_row_of_the_spool(
    tmp_path: Path, warehouse: ParquetWarehouse
) -> None:
    """It comes from names, for each spool, also of merged files, of damaged and of emptied ones."""
    warehouse.write(batch(1, 3))
    warehouse.write(batch(4, 9))
    warehouse.write(batch(1, 2, spool="s2"))
    for _ in range(2):
        assert warehouse.watermark("s1") == Watermark("s1", 9)
        assert warehouse.watermark("s2") == Watermark("s2", 2)
        assert warehouse.watermark("s3") is None
        warehouse.compact(now=AFTERWARDS)
    for each in files_in(tmp_path):
        each.write_bytes(b"")
    assert warehouse.watermark("s1") == Watermark("s1", 9)


def test_rows_are_not_in_the_order_of_their_arrival(
    tmp_path: Path, warehouse: ParquetWarehouse
) -> None:
    """A file is sorted by cluster, before and after it was merged."""
    names = ["z", "a", "m", "b"]
    rows = [
        spooled(number, b'{"version":"v1","timestamp":"0","clusterID":"%s"}' % name.encode())
        for number, name in enumerate(names, start=1)
    ]
    warehouse.write(Batch("s1", tuple(rows[:2])))
    warehouse.write(Batch("s1", tuple(rows[2:])))
    warehouse.compact(now=AFTERWARDS)
    [merged] = files_in(tmp_path)
    with duckdb.connect() as connection:
        found = connection.read_parquet(str(merged)).project('"clusterID"').fetchall()
    assert found == [("a",), ("b",), ("m",), ("z",)]


def test_a_day_that_is_over_is_one_file_a_spool(
    tmp_path: Path, warehouse: ParquetWarehouse
) -> None:
    """Merging again changes nothing, and today is left alone."""
    for first in (1, 4, 7):
        warehouse.write(batch(first, first + 2))
        warehouse.write(batch(first + 100, first + 102, day=DAY + 2))
    warehouse.write(batch(1, 1, spool="s2"))
    warehouse.compact(now=AFTERWARDS + 3_600)
    merged = files_in(tmp_path)
    assert [each.parent.name for each in merged] == ["2024-10-04"] * 2 + ["2024-10-06"] * 3
    warehouse.compact(now=AFTERWARDS + 3_600)
    assert files_in(tmp_path) == merged
    assert len(clusters_in(tmp_path)) == 19


def test_a_damaged_file_is_left_beside_the_merged_one(
    tmp_path: Path, warehouse: ParquetWarehouse
) -> None:
    """So is what is not a file of ours; nothing of either is lost or hides the rest."""
    for first in (1, 4, 7):
        warehouse.write(batch(first, first + 2))
    damaged, *_ = files_in(tmp_path)
    damaged.write_bytes(b"PAR1" * 5)
    (damaged.parent / "notes.txt").write_text("mine")
    warehouse.compact(now=AFTERWARDS)
    assert damaged.read_bytes() == b"PAR1" * 5
    assert (damaged.parent / "notes.txt").read_text() == "mine"
    [merged] = [each for each in files_in(tmp_path) if each != damaged]
    with duckdb.connect() as connection:
        assert connection.read_parquet(str(merged)).aggregate("count(*)").fetchall() == [(6,)]


def test_large_reports_are_written_and_merged_in_little_memory(tmp_path: Path) -> None:
    """The largest reports that are accepted need no more than the engine has."""
    capacity = tuple(Resource(f"hugepages-{each}", "1") for each in range(12))
    nodes = tuple(Node(id=f"{each:x}", capacity=capacity) for each in range(16_000))
    large = report.encode(Report(version="v1", timestamp="0", cluster_id="large", nodes=nodes))
    assert 7_500_000 < len(large) < 8 * 1024 * 1024
    with closing(open_folder(tmp_path)) as warehouse:
        for row_id in range(1, 7):
            warehouse.write(Batch("s1", (spooled(row_id, large),)))
        warehouse.write(batch(7, 500))
        warehouse.compact(now=AFTERWARDS)
    assert len(files_in(tmp_path)) == 1
    assert query(tmp_path, "SELECT count(*), sum(len(nodes))::BIGINT FROM r") == [(500, 6 * 16_000)]


def test_a_report_that_cannot_be_written_is_a_dead_letter(tmp_path: Path) -> None:
    """It alone is refused, with its reason, whatever stands beside it."""
    refused: list[tuple[str, str]] = []
    rows = [spooled(each) for each in range(1, 10)]
    rows[4] = spooled(5, b'{"version":"v1","workloads":{"namespaces":{"count":"many"}}}')
    with closing(open_folder(tmp_path, refused=refused)) as warehouse:
        warehouse.write(Batch("s1", tuple(rows)))
        assert warehouse.watermark("s1") == Watermark("s1", 9)
    assert [key for key, _ in refused] == [f"{5:032x}"]
    assert len(clusters_in(tmp_path)) == 8


def test_old_days_go(tmp_path: Path, warehouse: ParquetWarehouse) -> None:
    """A day goes once all of it is older than the retention."""
    for day in (DAY, DAY + 1, DAY + 2):
        warehouse.write(batch(day, day, day=day))
    now = (DAY + 3) * DAY_SECONDS
    assert warehouse.expire(days=3, now=now) == 0
    assert warehouse.expire(days=2, now=now) == 1
    assert warehouse.expire(days=1, now=now - 1) == 0
    assert clusters_in(tmp_path) == [f"c-{DAY + 1}", f"c-{DAY + 2}"]


@pytest.mark.parametrize("exchange", [exchange_folders, never])
def test_a_cluster_is_forgotten(tmp_path: Path, exchange: ExchangeFolders) -> None:
    """Also where folders cannot be exchanged; a file that is emptied still gives the watermark."""
    with closing(open_folder(tmp_path)) as warehouse:
        for first in (1, 3):
            warehouse.write(batch(first, first + 1))
        warehouse.write(batch(5, 5))
    folder = Folder(tmp_path / "reports", exchange=exchange)
    with closing(Engine()) as engine:
        assert Upkeep(folder, engine).forget("c-5").removed == 1
        assert Upkeep(folder, engine).forget("c-2").removed == 1
        assert Upkeep(folder, engine).forget("c-2").removed == 0
    assert clusters_in(tmp_path) == ["c-1", "c-3", "c-4"]
    with closing(open_folder(tmp_path)) as warehouse:
        assert warehouse.watermark("s1") == Watermark("s1", 5)


def test_a_name_is_never_used_for_other_bytes(tmp_path: Path, warehouse: ParquetWarehouse) -> None:
    """A file that is there is not replaced, and a rewritten one has a name of its own."""
    warehouse.write(batch(1, 2))
    before = files_in(tmp_path)
    with pytest.raises(WarehouseUnusable, match="is there already"):
        warehouse.write(batch(1, 2))
    with closing(Engine()) as engine:
        Upkeep(folder_in(tmp_path), engine).forget("c-1")
    assert not set(before) & set(files_in(tmp_path))


def test_a_reader_that_opened_its_files_keeps_them(
    tmp_path: Path, warehouse: ParquetWarehouse
) -> None:
    """What happens to the folder meanwhile is not seen by it."""
    for first in (1, 3):
        warehouse.write(batch(first, first + 1))
    with snapshot(folder_in(tmp_path)) as opened, duckdb.connect() as connection:
        for now in (AFTERWARDS, AFTERWARDS + 400 * DAY_SECONDS):
            warehouse.compact(now=now)
            warehouse.expire(days=2, now=now)
            paths = [each.fd_path for each in opened]
            rows = connection.execute("SELECT count(*) FROM read_parquet(?)", [paths])
            assert rows.fetchall() == [(4,)]
    assert files_in(tmp_path) == []


def test_a_second_collector_is_refused(tmp_path: Path, warehouse: ParquetWarehouse) -> None:
    """A folder has one owner at a time."""
    assert warehouse.watermark("s1") is None
    with pytest.raises(WarehouseUnavailable, match="another collector writes to"):
        open_folder(tmp_path)


def test_what_a_dead_process_left_is_gone(tmp_path: Path) -> None:
    """Unfinished files are removed at the start; a day that was being replaced is put back."""
    with closing(open_folder(tmp_path)) as warehouse:
        warehouse.write(batch(1, 2))
    staging = tmp_path / "reports" / ".staging"
    (staging / "abc").mkdir()
    (staging / "abc" / "lines.json").write_text("{}")
    (tmp_path / "reports" / "2024-10-04").rename(staging / "old-2024-10-04")
    with closing(open_folder(tmp_path)):
        pass
    assert list(staging.iterdir()) == []
    assert clusters_in(tmp_path) == ["c-1", "c-2"]


def test_a_link_in_place_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    """Nor one in place of a lock, or of a file of reports."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "reports").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileUnusable, match="is a link"):
        open_folder(tmp_path)
    (tmp_path / "reports").unlink()
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / ".owner").symlink_to(tmp_path / "target")
    with pytest.raises(FileUnusable, match="is a link"):
        open_folder(tmp_path)
    assert not (tmp_path / "target").exists()
