"""A folder of releases on a disk that is full, or that cannot be written. Needs mount(8)."""

from datetime import date
from pathlib import Path

import pytest

from collector.drain.messages import Message, Released, ReleaseFailed
from collector.drain.release_testing import MONTHLY, release, releases_in, write_reports
from collector.settings import REPORTS_FOLDER
from tests.faults.small_disk_test import fill, mounted

NOVEMBER_5 = date(2026, 11, 5)
PLACES = ("releases", f"{REPORTS_FOLDER}/.releases")


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    write_reports(tmp_path / "data", "abc")
    return tmp_path / "data"


def outcome(messages: list[Message]) -> tuple[list[str], list[str]]:
    """Return what was made, and why nothing was."""
    made = [each.name for each in messages if isinstance(each, Released)]
    return made, [each.reason for each in messages if isinstance(each, ReleaseFailed)]


@pytest.mark.parametrize("place", PLACES)
def test_a_full_disk_makes_no_release_and_one_with_room_makes_one(
    data_dir: Path, place: str
) -> None:
    """The line names the file, and what helps; nothing is left half written or seen."""
    with mounted(data_dir / place, "size=64k") as disk:
        fill(disk / "filling")
        made, (reason,) = outcome(release(data_dir, MONTHLY, today=NOVEMBER_5)[1])
        assert made == []
        assert str(data_dir / place) in reason
        assert reason.endswith("No space left on device; make room on that file system")
        assert not [each for each in data_dir.glob("**/*.json") if each.stat().st_size == 0]
        (disk / "filling").unlink()
        assert outcome(release(data_dir, MONTHLY, today=NOVEMBER_5)[1]) == (["2026-10"], [])
        first, second = (data_dir / each / "2026-10.json" for each in PLACES)
        assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("place", PLACES)
def test_a_folder_that_cannot_be_written(data_dir: Path, place: str) -> None:
    """The line names it, and what helps; readers see no release that is in one place only."""
    with mounted(data_dir / place, "ro"):
        made, (reason,) = outcome(release(data_dir, MONTHLY, today=NOVEMBER_5)[1])
        assert made == []
        assert str(data_dir / place) in reason
        assert reason.endswith("Read-only file system; make that file system writable")
        assert releases_in(data_dir) == ()
    assert outcome(release(data_dir, MONTHLY, today=NOVEMBER_5)[1]) == (["2026-10"], [])
