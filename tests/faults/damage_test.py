"""Files that the collector cannot use: it names each and the remedy, and touches none."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from collector.testing import RunningCollector, clusters_in, report_of, run_collector, wait_until


def damaged(path: Path) -> None:
    path.write_bytes(b"not a database, but longer than the header of one. " * 1_000)


def foreign_spool(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE bookmarks (address TEXT)")


def newer_spool(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE spool (spool_id TEXT)")
        connection.execute("PRAGMA application_id = 0x53706B73")
        connection.execute("PRAGMA user_version = 99")


@pytest.mark.parametrize(
    ("name", "make", "advice"),
    [
        ("spool.sqlite", damaged, "move it away"),
        ("spool.sqlite", foreign_spool, "move it away"),
        ("spool.sqlite", newer_spool, "use the release that made it"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_and_not_touched(
    tmp_path: Path, name: str, make: Callable[[Path], None], advice: str
) -> None:
    """The collector exits with one line that names the file and the remedy."""
    path = tmp_path / name
    make(path)
    before = path.read_bytes()
    outcome = run_collector("--port", "0", "--data-dir", str(tmp_path))
    log = outcome.stderr.decode()
    last_line = log.splitlines()[-1]
    assert outcome.returncode == 1
    assert outcome.stdout == b""
    assert str(path) in last_line
    assert advice in last_line
    assert "Traceback" not in log
    assert path.read_bytes() == before


def test_a_folder_that_is_not_ours_is_named_and_not_touched(tmp_path: Path) -> None:
    """A folder with another program's files takes no reports; one line names the remedy."""
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "holiday.jpg").write_bytes(b"not ours")
    address = f"parquet://{folder}"
    outcome = run_collector("--port", "0", "--data-dir", str(tmp_path / "d"), "--database", address)
    last_line = outcome.stderr.decode().splitlines()[-1]
    assert outcome.returncode == 1
    assert f"{folder}/holiday.jpg is not a day of reports" in last_line
    assert "give an empty one" in last_line


@pytest.fixture
def collected(tmp_path: Path) -> Path:
    """Return a data directory with three files of ten reports each."""
    with RunningCollector(tmp_path) as collector:
        for file in range(3):
            for number in range(10):
                assert collector.post(report_of(f"c-{file}-{number}"))[0] == 204
            wait_until(collector.has_drained)
        assert collector.stop() == 0
    return tmp_path


def _cut(content: bytearray) -> None:
    del content[len(content) // 2 :]


def _overwrite(content: bytearray) -> None:
    content[4:-8] = b"\xff" * (len(content) - 12)


def _empty(content: bytearray) -> None:
    content.clear()


@pytest.mark.parametrize("damage", [_cut, _overwrite, _empty])
def test_a_damaged_file_costs_no_other_report(
    collected: Path, damage: Callable[[bytearray], None]
) -> None:
    """The collector starts, serves and drains; commands name the file, and fail or skip it."""
    files = sorted(collected.glob("reports/*/*.parquet"))
    kept = len(files) - 1
    held = clusters_in(collected)
    content = bytearray(files[0].read_bytes())
    damage(content)
    files[0].write_bytes(content)
    with RunningCollector(collected) as collector:
        assert collector.post(report_of("later"))[0] == 204
        wait_until(collector.has_drained)
        assert collector.stop() == 0
    assert len(sorted(collected.glob("reports/*/*.parquet"))) == kept + 2
    for words in (["sql", 'SELECT "clusterID" FROM reports', "--format", "csv"], ["export"]):
        command = [*words, "--data-dir", str(collected)]
        stopped = run_collector(*command)
        assert (stopped.returncode, stopped.stdout) == (1, b"")
        assert f"damaged: {files[0]};".encode() in stopped.stderr
        without = run_collector(*command, "--skip-damaged")
        assert without.returncode == 0
        assert f"left out, because it is damaged: {files[0]}".encode() in without.stderr
        found = [each for each in [*held, "later"] if each.encode() in without.stdout]
        assert len(found) >= 21
        assert "later" in found
