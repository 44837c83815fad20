"""File systems that really fill up, or cannot be written. Needs the right to mount them."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from collector.testing import (
    RunningCollector,
    clusters_in,
    leave_drained,
    run_collector,
    wait_until,
)
from tests.faults.load import Load

SIZE = "6m"
# The default would refuse reports long before this disk is full.
FLAGS = ("--free-disk", "0")


@contextmanager
def mounted(path: Path, options: str = f"size={SIZE}") -> Iterator[Path]:
    """Mount a file system at `path`; skip the test where that is not allowed."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"mode=700,{options}", "tmpfs", str(path)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        # The other tests of a full disk limit the size of files, which needs no right.
        pytest.skip("mounting a file system is not allowed here")
    try:
        yield path
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


def fill(path: Path) -> None:
    """Write until nothing fits any more."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4_096))


def test_a_disk_that_fills_up_makes_no_false_204_and_recovers(tmp_path: Path) -> None:
    """With no byte free posts get 503; with room again posts get 204, and each is kept once."""
    load = Load()
    with mounted(tmp_path / "disk") as disk:
        with RunningCollector(disk, *FLAGS) as collector:
            with load.on(collector, clients=2):
                wait_until(lambda: load.has_accepted(50))
                fill(disk / "filling")
                wait_until(lambda: len(load.refused) >= 20)
                (disk / "filling").unlink()
                enough = len(load.accepted) + 50
                wait_until(lambda: load.has_accepted(enough))
            wait_until(collector.has_drained)
            assert collector.request("GET", "/readyz")[0] == 200
            assert collector.stop() == 0
        assert set(load.refused) == {503}
        load.check(clusters_in(disk))


@pytest.mark.parametrize(
    ("mount", "what"),
    [
        (".", "the data directory {0} cannot be used: {0}/lock cannot be opened"),
        ("reports", "{0}/reports/.reading cannot be opened"),
    ],
)
def test_a_read_only_folder_is_one_line_at_the_start(tmp_path: Path, mount: str, what: str) -> None:
    """The collector refuses to start, naming the path, the system's reason and what helps."""
    data_dir = tmp_path / "data"
    data_dir.mkdir(mode=0o700)
    with mounted(data_dir / mount, "ro"):
        outcome = run_collector("--port", "0", "--data-dir", str(data_dir))
    assert outcome.returncode == 1
    (line,) = [each for each in outcome.stderr.decode().splitlines() if each[0] != "{"]
    assert line.startswith(
        f"collector: {what.format(data_dir)}: Read-only file system; make that file system writable"
    )


def test_reports_on_a_read_only_disk_can_be_read(tmp_path: Path) -> None:
    """A folder that cannot be written can be queried and exported."""
    with mounted(tmp_path / "disk", "size=100m") as disk:
        leave_drained(disk, "one", "two")
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        counted = run_collector(
            "sql", "SELECT count(*) FROM reports", "--format", "csv", "--data-dir", str(disk)
        )
        exported = run_collector("export", "--data-dir", str(disk))
        refused = run_collector("drain", "--data-dir", str(disk))
    assert counted.stdout.split() == [b"count_star()", b"2"]
    assert (exported.returncode, len(exported.stdout.splitlines())) == (0, 2)
    assert refused.returncode == 1
    assert b"Read-only file system; make that file system writable" in refused.stderr
