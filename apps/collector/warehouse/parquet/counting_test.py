"""DuckDB counts as the census says, and as many reports as there may be."""

import tempfile
from collections.abc import Iterable
from contextlib import closing
from datetime import date
from itertools import groupby
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from census import Counts, Period, Received, count_received
from census.questions import UNIT
from collector.disk.files import locked
from collector.errors import WarehouseUnavailable
from collector.records import DAY_SECONDS, Batch, SpooledReport
from collector.warehouse.parquet.counting import ParquetCensus
from collector.warehouse.parquet.engine import Engine
from collector.warehouse.parquet.testing import folder_in, open_folder
from collector.warehouse.parquet.upkeep import Upkeep
from report import Node, Report, encode
from tests.censuses import DAYS, FIRST_DAY, censuses

ALL_DAYS = Period(date(2026, 10, 2), date(2026, 10, 5))


def write(data_dir: Path, received: Iterable[Received], *, of_batch: int = 3) -> None:
    """Write reports as the drain does: batches of one day each."""
    rows = [
        SpooledReport(row, f"{row:032x}", each.second, encode(each.report))
        for row, each in enumerate(sorted(received, key=lambda each: each.second), 1)
    ]
    with closing(open_folder(data_dir)) as warehouse:
        for _, of_day in groupby(rows, key=lambda each: each.day):
            day = tuple(of_day)
            for first in range(0, len(day), of_batch):
                warehouse.write(Batch("spool", day[first : first + of_batch]))


def counted(data_dir: Path, period: Period = ALL_DAYS) -> Counts:
    census = ParquetCensus(data_dir / "reports", data_dir=data_dir)
    with closing(census):
        return census.count(period)


def plain(counts: Counts) -> dict[str, dict[str, int]]:
    """Return counts without answers that nobody gave."""
    return {
        name: {answer: units for answer, units in cells.items() if units}
        for name, cells in counts.items()
    }


def received(cluster_id: str, day: int, version: str = "v1.30.1", hour: int = 0) -> Received:
    report = Report(version="v", cluster_id=cluster_id, master_version=version)
    return Received(report, (FIRST_DAY + day) * DAY_SECONDS + hour * 3_600)


@settings(max_examples=60, deadline=None)
@given(
    census=censuses(max_size=12),
    merged=st.integers(0, DAYS),
    forgotten=st.none() | st.sampled_from("abcd"),
)
def test_counts_are_those_of_the_reference(
    census: list[Received], merged: int, forgotten: str | None
) -> None:
    """Whatever reports say, however many days are merged, and when a cluster was forgotten."""
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder)
        write(data_dir, census)
        with closing(Engine()) as engine:
            upkeep = Upkeep(folder_in(data_dir), engine)
            upkeep.compact(now=(FIRST_DAY + merged) * DAY_SECONDS)
            if forgotten:
                upkeep.forget(forgotten)
        left = [each for each in census if each.report.cluster_id != forgotten]
        assert plain(counted(data_dir)) == plain(count_received(left))


def test_only_the_days_of_the_period_count(tmp_path: Path) -> None:
    """A cluster that was heard from on one day of it, and on others beside it, does not count."""
    census = [received("a", 0), received("a", 1), received("b", 1), received("b", 2)]
    write(tmp_path, census)
    period = Period(date(2026, 10, 3), date(2026, 10, 4))
    assert counted(tmp_path, period)["clusters"] == {"clusters": UNIT}
    assert counted(tmp_path, Period(date(2026, 9, 1), date(2026, 9, 30)))["clusters"] == {}


def test_a_giant_cluster_among_others(tmp_path: Path) -> None:
    """Twenty thousand nodes that differ have one vote between them, as in the reference."""
    nodes = tuple(
        Node(
            id=str(number), os_image=f"Debian GNU/Linux {number % 150}", kernel_version=f"{number}"
        )
        for number in range(20_000)
    )
    giant = Report(version="v", cluster_id="giant", nodes=nodes)
    census = [Received(giant, (FIRST_DAY + day) * DAY_SECONDS) for day in range(2)]
    write(tmp_path, census, of_batch=1)
    assert plain(counted(tmp_path)) == plain(count_received(census))


def test_columns_that_an_older_file_lacks(tmp_path: Path) -> None:
    """A report of a time before a column has nothing in it."""
    census = [received("a", 0), received("a", 1)]
    write(tmp_path, census)
    for path in tmp_path.glob("reports/*/*.parquet"):
        older = path.with_suffix(".older")
        with duckdb.connect() as connection:
            reports = connection.read_parquet(str(path))
            reports.project("* EXCLUDE (distribution, workloads)").write_parquet(str(older))
        older.rename(path)
    assert plain(counted(tmp_path)) == plain(count_received(census))


def test_a_folder_without_reports_counts_none(tmp_path: Path) -> None:
    """As long as nothing was drained there is no folder."""
    assert counted(tmp_path)["clusters"] == {}


def test_a_damaged_file_is_an_error(tmp_path: Path) -> None:
    """What cannot be read is not left out of the count."""
    write(tmp_path, [received("a", 0), received("a", 1)])
    path = next(tmp_path.glob("reports/*/*.parquet"))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(WarehouseUnavailable, match=r"^damaged: .*parquet; restore copies"):
        counted(tmp_path)


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    """Neither in the data directory nor in the folder."""
    write(tmp_path, [received("a", 0), received("a", 1)])
    before = sorted(tmp_path.rglob("*"))
    counted(tmp_path)
    assert sorted(tmp_path.rglob("*")) == before


def test_what_a_killed_count_left_is_deleted(tmp_path: Path) -> None:
    """The next count deletes it, and leaves alone what another is using."""
    for name in ("killed", "running"):
        spill = tmp_path / f"scratch-count-{name}" / "files" / "spill"
        spill.mkdir(parents=True)
        (spill / "part").write_bytes(b"of a report")
    with locked(tmp_path / "scratch-count-running" / "lock"):
        counted(tmp_path)
    assert [each.name for each in tmp_path.glob("scratch-*")] == ["scratch-count-running"]


def test_the_first_release_is_kept(tmp_path: Path) -> None:
    """In a hidden folder that no reader of reports sees, and for ever."""
    census = ParquetCensus(tmp_path / "reports", data_dir=tmp_path)
    assert census.releases() == {}
    assert census.add_release("2026-10", b"first") == b"first"
    assert census.add_release("2026-10", b"second") == b"first"
    assert census.releases() == {"2026-10": b"first"}
    write(tmp_path, [received("a", 0)])
    assert census.releases() == {"2026-10": b"first"}
