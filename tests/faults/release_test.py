"""Files kept from each earlier release open, upgrade and lose nothing."""

from pathlib import Path
from typing import Final

import pytest

from collector.testing import RunningCollector, clusters_in, report_of
from tests.faults.keep_release import DRAINED, PENDING, unpack

RELEASES: Final = sorted(Path(__file__).with_name("releases").iterdir())


@pytest.mark.parametrize("release", RELEASES, ids=[each.name for each in RELEASES])
def test_files_of_an_earlier_release_open_and_upgrade(tmp_path: Path, release: Path) -> None:
    """What was drained stays, what was pending is drained, and new reports join them."""
    unpack(release, tmp_path)
    with RunningCollector(tmp_path) as collector:
        assert collector.post(report_of("new"))[0] == 204
        assert collector.stop() == 0
    assert clusters_in(tmp_path / "reports.duckdb") == sorted([*DRAINED, "new", *PENDING])
