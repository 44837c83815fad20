"""A disk that refuses any one step for a while: full, read-only or failing. Needs a C compiler."""

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from collector.records import DAY_SECONDS
from collector.telemetry.admin_client import AdminClient
from collector.telemetry.admin_server import SOCKET_NAME
from collector.testing import RunningCollector, clusters_in, post_all, wait_until
from collector.warehouse.bigquery.testing import TABLE_ID
from collector.warehouse.parquet import testing as program
from collector.warehouse.testing import dead_letters_in
from tests.faults.kill_test import open_every_file
from tests.faults.load import DAY, FORTY, Load, fill_day
from tools.bigquery.messages import JSONObject
from tools.bigquery.server import running_bigquery
from tools.bigquery.service import Behaviour

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
WITHOUT_ONE: Final = [each for each in FORTY if each != program.FORGOTTEN]
COMPACTED_STEPS: Final = [
    ("write", "/.staging/", FULL),
    ("mkdir", "/new-", FULL),
    ("rename", "/new-", FULL),
    ("fsync", "/new-", FAILS),
    ("rename", "/reports/2", READ_ONLY),
    ("fsync", "/reports", FAILS),
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("library") / "refuse_writes.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(built), str(SOURCE)], check=True)
    return built


class Disk:
    """A disk that refuses a step for as long as it is told to."""

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
        """Let the step fail."""
        self._marker.touch()

    def recover(self) -> None:
        """Let the step succeed again."""
        self._marker.unlink()


def entries(collector: RunningCollector, event: str) -> list[str]:
    """Return the reasons of the log's entries of that event, in order."""
    return [str(line.get("reason")) for line in collector.log if line.get("event") == event]


def failures_of(collector: RunningCollector) -> int:
    """Return how often its drain failed."""
    samples = AdminClient(collector.data_dir / SOCKET_NAME).samples()
    return samples.count("spartakus_drain_failures_total")


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
            wait_until(lambda: failures_of(collector) >= 3)  # tried again, and logged once
            disk.recover()
        wait_until(collector.has_drained)
        assert collector.stop() == 0
    assert load.refused == []
    (reason,) = entries(collector, event)
    assert str(data_dir) in reason
    assert REMEDIES[step[2]] in reason
    load.check(clusters_in(data_dir))


@pytest.mark.parametrize("exchanges", ["exchange", "two renames"])
@pytest.mark.parametrize("step", COMPACTED_STEPS, ids=str)
def test_a_compaction_that_is_refused_a_step_leaves_the_day_whole(
    tmp_path: Path, library: Path, step: tuple[str, str, int], exchanges: str
) -> None:
    """The error names folder and remedy; every row is there once; the next attempt succeeds."""
    disk, data_dir = Disk(tmp_path, library, step), tmp_path / "data"
    fill_day(data_dir)
    command = [sys.executable, "-m", program.__name__, str(data_dir), str((DAY + 2) * DAY_SECONDS)]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "SPARTAKUS_TEST_EXCHANGE": exchanges,
    }
    disk.refuse()
    refused = subprocess.run(
        [*disk.environment, *command], env=environment, capture_output=True, text=True, check=False
    )
    last_line = refused.stderr.splitlines()[-1]
    assert last_line.startswith(f"collector.errors.WarehouseUnavailable: {data_dir}/reports")
    assert REMEDIES[step[2]] in last_line
    with program.folder_in(data_dir).writing():
        pass  # the next writer completes what was interrupted
    assert open_every_file(data_dir) > 0
    assert clusters_in(data_dir) in (FORTY, WITHOUT_ONE)
    disk.recover()
    subprocess.run(command, env=environment, check=True)
    assert clusters_in(data_dir) == WITHOUT_ONE
    assert len(list(data_dir.glob("reports/*/*.parquet"))) == 1


def _poison(row: JSONObject) -> str | None:
    return "it is bad" if row["clusterID"] == "poison" else None


@pytest.mark.parametrize("part", ["/dead-letters.sqlite-wal", "bigquery-load"])
def test_dead_letters_and_loads_that_cannot_be_recorded_wait(
    tmp_path: Path, library: Path, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that BigQuery refuses is a dead letter once there is room, and the other is loaded."""
    disk, data_dir = Disk(tmp_path, library, ("write", part, FULL)), tmp_path / "data"
    flags = ("--database", f"bigquery://{TABLE_ID}")
    event = "the warehouse takes no reports; they wait"
    with running_bigquery(behaviour=Behaviour(polls=0, poison=_poison)) as fake:
        monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", fake.url)
        with RunningCollector(data_dir, *flags, under=disk.environment) as collector:
            disk.refuse()
            post_all(collector, "good", "poison")
            wait_until(lambda: failures_of(collector) >= 2)
            disk.recover()
            wait_until(collector.has_drained)
            assert collector.stop() == 0
        assert [row["clusterID"] for row in fake.table(TABLE_ID).rows] == ["good"]
    (reason,) = entries(collector, event)
    assert str(data_dir) in reason
    assert REMEDIES[FULL] in reason
    assert [b"poison" in each.encoded for each in dead_letters_in(data_dir)] == [True]
