"""Files that are not as the collector left them: replaced, removed, or restored from a copy."""

import shutil
from pathlib import Path

from collector.testing import (
    RunningCollector,
    clusters_in,
    locked,
    report_of,
    spooled_in,
    wait_until,
)

SPOOL_FILES = ("spool.sqlite", "spool.sqlite-wal", "spool.sqlite-shm")


def post(collector: RunningCollector, *cluster_ids: str) -> None:
    for cluster_id in cluster_ids:
        assert collector.post(report_of(cluster_id))[0] == 204


def collect(data_dir: Path, *cluster_ids: str) -> None:
    """Let a collector take reports, drain them and exit."""
    with RunningCollector(data_dir) as collector:
        post(collector, *cluster_ids)
        assert collector.stop() == 0


def keep_copy(data_dir: Path, names: tuple[str, ...]) -> Path:
    copy = data_dir / "copy"
    copy.mkdir()
    for name in names:
        if (data_dir / name).exists():
            shutil.copy(data_dir / name, copy / name)
    return copy


def restore(copy: Path, names: tuple[str, ...]) -> None:
    for name in names:
        (copy.parent / name).unlink(missing_ok=True)
        if (copy / name).exists():
            shutil.copy(copy / name, copy.parent / name)


def test_a_spool_that_was_removed_is_made_anew(tmp_path: Path) -> None:
    """With another spool, whose numbers begin at 1 again, every report is kept once."""
    collect(tmp_path, "one", "two", "three")
    for name in SPOOL_FILES:
        (tmp_path / name).unlink(missing_ok=True)
    collect(tmp_path, "four")
    assert clusters_in(tmp_path) == ["four", "one", "three", "two"]


def test_a_spool_restored_from_an_older_copy_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Rows that the warehouse has are not written again; new ones get numbers above them."""
    with RunningCollector(tmp_path) as collector, locked(tmp_path):
        post(collector, "one", "two")
        collector.kill()
    copy = keep_copy(tmp_path, SPOOL_FILES)
    assert spooled_in(tmp_path) == 2
    collect(tmp_path, "three", "four")
    restore(copy, SPOOL_FILES)
    collect(tmp_path, "five")
    assert clusters_in(tmp_path) == ["five", "four", "one", "three", "two"]


def test_a_folder_restored_from_an_older_copy_gets_every_later_report(tmp_path: Path) -> None:
    """The log says how many reports since the copy are missing; later ones are kept once."""
    collect(tmp_path, "one")
    shutil.copytree(tmp_path / "reports", tmp_path / "copy")
    collect(tmp_path, "two")
    shutil.rmtree(tmp_path / "reports")
    (tmp_path / "copy").rename(tmp_path / "reports")
    with RunningCollector(tmp_path) as collector:
        post(collector, "three")
        assert collector.stop() == 0
    assert clusters_in(tmp_path) == ["one", "three"]
    warnings = [line for line in collector.log if "restored from an older copy" in str(line)]
    assert [line["reports"] for line in warnings] == [1]


def test_waiting_reports_go_to_the_folder_of_the_next_start(tmp_path: Path) -> None:
    """With another --database, waiting reports go there once; the first one keeps what it has."""
    with RunningCollector(tmp_path) as collector:
        post(collector, "one")
        wait_until(collector.has_drained)
        with locked(tmp_path):
            post(collector, "two", "three")
            collector.kill()
    other = tmp_path / "other"
    for _ in range(2):
        address = f"parquet://{other}/reports"
        with RunningCollector(tmp_path, "--database", address) as collector:
            assert collector.stop() == 0
    assert sorted(clusters_in(other) + clusters_in(tmp_path)) == ["one", "three", "two"]
