"""A file system of a few megabytes that really fills up. Needs the right to mount one."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from collector.testing import RunningCollector, clusters_in, wait_until
from tests.faults.load import Load

SIZE = "6m"
# The limit that keeps some disk free would refuse reports long before this disk is full.
FLAGS = ("--free-disk", "0")


@contextmanager
def mounted(path: Path) -> Iterator[Path]:
    """Mount a small file system at `path`; skip the test where that is not allowed."""
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(path)]
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
    """With no byte left posts get 503; with room again all goes on, and each 204 is kept once."""
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
