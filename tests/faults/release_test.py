"""Files kept from each earlier release open, upgrade and lose nothing."""

from contextlib import closing
from pathlib import Path
from typing import Final

import duckdb
import pytest

from collector.testing import RunningCollector, clusters_in, report_of
from collector.warehouse.duckdb_reader import DuckDBReader
from tests.faults.keep_release import DRAINED, PENDING, unpack

RELEASES: Final = sorted(Path(__file__).with_name("releases").iterdir())
WORKLOADS: Final = {
    "namespaces": {"count": 3, "meanAge": 940},
    "kinds": [{"kind": "pods", "perNamespace": [1, 0, 2], "medianAge": 860}],
}


@pytest.mark.parametrize("release", RELEASES, ids=[each.name for each in RELEASES])
def test_files_of_an_earlier_release_open_and_upgrade(tmp_path: Path, release: Path) -> None:
    """What was drained stays, what was pending is drained, and new reports join them."""
    unpack(release, tmp_path)
    with RunningCollector(tmp_path) as collector:
        assert collector.post(report_of("new"))[0] == 204
        assert collector.stop() == 0
    assert clusters_in(tmp_path / "reports.duckdb") == sorted([*DRAINED, "new", *PENDING])


@pytest.mark.parametrize("release", RELEASES, ids=[each.name for each in RELEASES])
def test_files_of_an_earlier_release_take_workloads(tmp_path: Path, release: Path) -> None:
    """A report with workloads is kept whole, and those of the earlier release have none."""
    unpack(release, tmp_path)
    with RunningCollector(tmp_path) as collector:
        assert collector.post({**report_of("new"), "workloads": WORKLOADS})[0] == 204
        assert collector.stop() == 0
    with closing(duckdb.connect(tmp_path / "reports.duckdb", read_only=True)) as connection:
        rows = connection.execute('SELECT "clusterID", workloads FROM reports').fetchall()
    kept = {cluster: workloads for cluster, workloads in rows if workloads is not None}
    assert len(rows) == len([*DRAINED, "new", *PENDING])
    assert kept == {
        "new": {
            "namespaces": {"count": 3, "meanAge": 940, "medianAge": None},
            "kinds": [
                {"kind": "pods", "perNamespace": [1, 0, 2], "meanAge": None, "medianAge": 860}
            ],
        }
    }


@pytest.mark.parametrize("release", RELEASES, ids=[each.name for each in RELEASES])
def test_files_of_an_earlier_release_are_read_as_they_are(tmp_path: Path, release: Path) -> None:
    """What only reads the file neither upgrades it nor needs that."""
    unpack(release, tmp_path)
    file = tmp_path / "reports.duckdb"
    before = file.read_bytes()
    assert len(list(DuckDBReader(file).reports_from(0))) == len(DRAINED)
    assert file.read_bytes() == before
