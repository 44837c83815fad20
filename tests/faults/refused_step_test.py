"""A disk that refuses one step, whichever: full or read-only, for a while. Needs a C compiler."""

import errno
import subprocess
import time
from pathlib import Path
from typing import Final

import pytest

from collector.testing import RunningCollector, clusters_in, wait_until
from tests.faults.load import Load

SOURCE: Final = Path(__file__).with_name("refuse_writes.c")
FULL, READ_ONLY, FAILS = errno.ENOSPC, errno.EROFS, errno.EIO
REMEDIES: Final = {
    FULL: "make room on that file system",
    READ_ONLY: "make that file system writable",
    FAILS: "see the system's log",
}
STORED_STEPS: Final = [
    ("write", "/spool.sqlite-wal", FULL),
    ("write", "/spool.sqlite-wal", READ_ONLY),
    ("fsync", "/spool.sqlite-wal", FAILS),
]
DRAINED_STEPS: Final = [
    ("write", "/drain-trial.json", FULL),
    ("write", "/.staging/", FULL),
    ("write", "/.staging/", READ_ONLY),
    ("mkdir", "/.staging/", READ_ONLY),
    ("mkdir", "/reports/2", FULL),
    ("fsync", "/.staging/", FAILS),
    ("rename", "/reports/2", FULL),
    ("rename", "/reports/2", READ_ONLY),
    ("fsync", "/reports/2", FAILS),
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("library") / "refuse_writes.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(built), str(SOURCE)], check=True)
    return built


class Disk:
    """What refuses a step for as long as it is told to."""

    def __init__(self, directory: Path, library: Path, step: tuple[str, str, int]) -> None:
        call, part, number = step
        self._marker = directory / "refuse"
        self.environment = (
            "env",
            f"LD_PRELOAD={library}",
            f"REFUSE_CALL={call}",
            f"REFUSE_IN={part}",
            f"REFUSE_WITH={number}",
            f"REFUSE_WHILE={self._marker}",
        )

    def refuse(self) -> None:
        self._marker.touch()

    def recover(self) -> None:
        self._marker.unlink()


def entries(collector: RunningCollector, event: str) -> list[str]:
    """Return the reasons of the log's entries of that event, in order."""
    return [str(line.get("reason")) for line in collector.log if line.get("event") == event]


@pytest.mark.parametrize("step", STORED_STEPS, ids=str)
def test_a_spool_that_cannot_be_written_makes_no_false_204(
    tmp_path: Path, library: Path, step: tuple[str, str, int]
) -> None:
    """Posts get 503, one entry of the log names file and remedy, and each 204 is kept once."""
    load, disk, data_dir = Load(), Disk(tmp_path, library, step), tmp_path / "data"
    with RunningCollector(data_dir, under=disk.environment) as collector:
        with load.on(collector, clients=2):
            wait_until(lambda: load.has_accepted(20))
            disk.refuse()
            wait_until(lambda: len(load.refused) >= 20)
            disk.recover()
            enough = len(load.accepted) + 20
            wait_until(lambda: load.has_accepted(enough))
        wait_until(collector.has_drained)
        assert collector.stop() == 0
    assert set(load.refused) == {503}
    (reason,) = entries(collector, "the spool takes no reports")
    assert reason.startswith(f"{data_dir}/spool.sqlite cannot be written: ")
    assert "make " in reason or "see the system's log" in reason
    load.check(clusters_in(data_dir))


@pytest.mark.parametrize("step", DRAINED_STEPS, ids=str)
def test_a_drain_that_cannot_write_lets_reports_wait(
    tmp_path: Path, library: Path, step: tuple[str, str, int]
) -> None:
    """Posts are accepted, one entry of the log names path and remedy, and each is kept once."""
    load, disk, data_dir = Load(), Disk(tmp_path, library, step), tmp_path / "data"
    event = "the warehouse takes no reports; they wait"
    with RunningCollector(data_dir, under=disk.environment) as collector:
        disk.refuse()
        with load.on(collector, clients=2):
            wait_until(lambda: len(entries(collector, event)) > 0)
            enough = len(load.accepted) + 20
            wait_until(lambda: load.has_accepted(enough))
            assert collector.request("GET", "/readyz")[0] == 200
            began = time.monotonic()
            wait_until(lambda: time.monotonic() > began + 1.5)  # it is tried again meanwhile
            disk.recover()
        wait_until(collector.has_drained)
        assert collector.stop() == 0
    assert load.refused == []
    (reason,) = entries(collector, event)
    assert str(data_dir) in reason
    assert reason.endswith(REMEDIES[step[2]]) or REMEDIES[step[2]] in reason
    load.check(clusters_in(data_dir))
