"""SQL over files that are moved while they are queried."""

import io
from pathlib import Path

import duckdb

from collector.warehouse.parquet.folder import Staging
from collector.warehouse.parquet.querying import Format, Output, answer
from collector.warehouse.parquet.reading import opened_files


class MovesADay(Staging):
    """A staging folder beside which a day is moved, once, after its files were allowed."""

    def __init__(self, path: Path, day: Path) -> None:
        super().__init__(path)
        self._day = day

    def fd_path(self, name: str) -> str:
        """Return the path, and move the day when that of the whole folder is asked for."""
        if name == "" and self._day.exists():
            self._day.rename(self._day.with_name("moved"))
        return super().fd_path(name)


def test_a_day_that_is_moved_is_still_answered(tmp_path: Path) -> None:
    """A file that is held open is read, also when its day is moved in the meantime."""
    day = tmp_path / "2026-11-25"
    day.mkdir()
    file = day / "0-1-1.parquet"
    duckdb.sql(f"COPY (SELECT 'one' AS \"clusterID\") TO '{file}'")
    stream = io.BytesIO()
    with opened_files([file]) as opened, MovesADay(tmp_path / "staging", day) as staging:
        damaged = answer(
            'SELECT "clusterID" FROM reports',
            opened,
            Output(Format.CSV, stream),
            staging=staging,
            skip_damaged=False,
        )
    assert damaged == []
    assert not day.exists()
    assert stream.getvalue() == b"clusterID\none\n"
