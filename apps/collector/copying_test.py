"""Behaviour of the copy, from real DuckDB files."""

from contextlib import closing
from hashlib import blake2b
from pathlib import Path

import pytest

from collector.copying import ProgressFile, copy_reports
from collector.errors import WarehouseUnavailable
from collector.records import Batch, SpooledReport, Watermark
from collector.warehouse.duckdb import DuckDBDatabase
from collector.warehouse.duckdb_reader import DuckDBReader

HOUR = 3_600
COUNT = 2_500  # more than two batches


class _Sent:
    """A database without a memory of its own, which breaks off after some batches."""

    def __init__(self, *, batches: int) -> None:
        self.batches = batches
        self.reports: list[SpooledReport] = []

    def position(self, spool_id: str) -> Watermark | None:
        raise AssertionError(spool_id)

    def write(self, batch: Batch) -> None:
        if self.batches == 0:
            raise WarehouseUnavailable("it broke off")
        self.batches -= 1
        self.reports.extend(batch.reports)

    def close(self) -> None:
        pass


def fill(path: Path, numbers: range) -> None:
    reports = tuple(
        SpooledReport(
            number + 1,
            blake2b(b"%d" % number, digest_size=16).hexdigest(),
            HOUR * (number % 5),
            b'{"version":"v2","timestamp":"0","clusterID":"c-%d","nodes":[{"id":"n"}]}' % number,
        )
        for number in numbers
    )
    with closing(DuckDBDatabase(path)) as database:
        database.write(Batch(f"s-{numbers.start}", reports))


@pytest.fixture
def source(tmp_path: Path) -> DuckDBReader:
    fill(tmp_path / "source.duckdb", range(COUNT))
    return DuckDBReader(tmp_path / "source.duckdb")


def progress_of(tmp_path: Path, source: DuckDBReader, target: str = "other") -> ProgressFile:
    return ProgressFile(tmp_path / "source.copy", target=target, reports=source.count())


def test_reports_arrive_as_they_were(tmp_path: Path, source: DuckDBReader) -> None:
    """Key, hour and report of each are those of the source, and there are as many."""
    with closing(DuckDBDatabase(tmp_path / "target.duckdb")) as target:
        copy_reports(source, target, progress_of(tmp_path, source), copied=lambda _: None)
        assert target.count() == COUNT
    copied = list(DuckDBReader(tmp_path / "target.duckdb").reports_from(0))
    assert copied == list(source.reports_from(0))
    assert copied[0].encoded.endswith(b'"nodes":[{"id":"n"}]}')


def test_a_target_that_knows_its_reports_gets_what_is_missing(
    tmp_path: Path, source: DuckDBReader
) -> None:
    """Reports that came to the source meanwhile are added, and none is doubled."""
    with closing(DuckDBDatabase(tmp_path / "target.duckdb")) as target:
        copy_reports(source, target, progress_of(tmp_path, source), copied=lambda _: None)
        assert target.count() == COUNT
        fill(tmp_path / "source.duckdb", range(COUNT, COUNT + 10))
        copy_reports(source, target, progress_of(tmp_path, source), copied=lambda _: None)
        assert target.count() == COUNT + 10


def test_a_copy_that_broke_off_goes_on_where_it_was(tmp_path: Path, source: DuckDBReader) -> None:
    """The second attempt sends the rest, and at most one report again."""
    first, second = _Sent(batches=1), _Sent(batches=99)
    with pytest.raises(WarehouseUnavailable):
        copy_reports(source, first, progress_of(tmp_path, source), copied=lambda _: None)
    counted: list[int] = []
    copy_reports(source, second, progress_of(tmp_path, source), copied=counted.append)
    assert {each.report_key for each in (*first.reports, *second.reports)} == {
        each.report_key for each in source.reports_from(0)
    }
    assert len(first.reports) + len(second.reports) <= COUNT + 1
    assert sum(counted) == len(second.reports)


@pytest.mark.parametrize("change", ["target", "source", "finished", "damaged"])
def test_progress_counts_for_the_same_copy_only(
    tmp_path: Path, source: DuckDBReader, change: str
) -> None:
    """To another target, from a source that changed, or after a whole copy, all is sent."""
    expected = COUNT
    progress = progress_of(tmp_path, source)
    interrupted = _Sent(batches=99 if change == "finished" else 1)
    if change == "finished":
        copy_reports(source, interrupted, progress, copied=lambda _: None)
    else:
        with pytest.raises(WarehouseUnavailable):
            copy_reports(source, interrupted, progress, copied=lambda _: None)
    if change == "target":
        progress = progress_of(tmp_path, source, "yet another")
    elif change == "source":
        fill(tmp_path / "source.duckdb", range(COUNT, COUNT + 10))
        progress, expected = progress_of(tmp_path, source), COUNT + 10
    elif change == "damaged":
        (tmp_path / "source.copy").write_bytes(b"{")
    again = _Sent(batches=99)
    copy_reports(source, again, progress, copied=lambda _: None)
    assert len(again.reports) == expected
