"""Behaviour of `collector.drain.supervisor`, with real drains and real files."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
import structlog

from collector.drain import process as drain_process
from collector.drain.messages import DrainSettings, Unusable
from collector.drain.supervisor import (
    DrainOutcome,
    DrainProcess,
    DrainSupervisor,
    RestartPolicy,
    launch_drain,
)
from collector.drain.testing import DiesEmptied, Incomprehensible, Launcher
from collector.errors import DrainFailed, WarehouseUnavailable, WarehouseUnusable
from collector.records import AcceptedReport, SpooledReport
from collector.spool.writer import Spool
from collector.telemetry.logs import get_log
from collector.telemetry.metrics import Metrics
from collector.testing import clusters_in, spooled_in, wait_until
from collector.warehouse.dead_letters import DEAD_LETTERS_FILE, DeadLetters, count_dead_letters
from collector.warehouse.parquet.folder import Folder

POLICY = RestartPolicy(opening_seconds=30, first_restart_seconds=0.05)


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with opened_spool(tmp_path) as spool:
        yield spool


def opened_spool(directory: Path) -> "closing[Spool]":
    path = directory / "spool.sqlite"
    return closing(Spool(path, clock=time.time, random_bytes=os.urandom))


@pytest.fixture(autouse=True)
def _modules_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    # A test runner may have extended the path of this process alone.
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))


def supervise(
    launch: Callable[[], DrainProcess],
    spool: Spool,
    policy: RestartPolicy = POLICY,
    *,
    batch_seconds: float = 60.0,
) -> DrainSupervisor:
    return DrainSupervisor(
        launch,
        spool,
        log=get_log(),
        policy=policy,
        metrics=Metrics(version="0"),
        batch_seconds=batch_seconds,
    )


def add(spool: Spool, *cluster_ids: str) -> None:
    for cluster_id in cluster_ids:
        encoded = b'{"version":"v1","timestamp":"0","clusterID":"%s"}' % cluster_id.encode()
        spool.add(AcceptedReport(cluster_id, 0, encoded, None))
    spool.commit()


def test_finishing_empties_the_spool(tmp_path: Path, spool: Spool) -> None:
    """What was committed is in the warehouse when the drain has exited."""
    supervisor = supervise(Launcher(tmp_path), spool)
    supervisor.start()
    add(spool, "one", "two")
    assert supervisor.finish(grace_seconds=30) is DrainOutcome.EMPTIED
    assert spooled_in(tmp_path) == 0
    assert clusters_in(tmp_path) == ["one", "two"]


def test_a_wake_is_enough(tmp_path: Path, spool: Spool) -> None:
    """Rows that were committed are drained once the drain is woken."""
    supervisor = supervise(Launcher(tmp_path), spool)
    supervisor.start()
    for cluster_id in ("one", "two"):
        add(spool, cluster_id)
        supervisor.commands.wake()
        wait_until(lambda: spooled_in(tmp_path) == 0)
    assert supervisor.finish(grace_seconds=30) is DrainOutcome.EMPTIED


def test_a_drain_that_dies_is_replaced(tmp_path: Path, spool: Spool) -> None:
    """A killed drain is started again and continues at the warehouse's watermark."""
    launcher = Launcher(tmp_path)
    supervisor = supervise(launcher, spool)
    supervisor.start()
    for number in range(3):
        first = launcher.last
        assert first is not None
        os.kill(first.pid, signal.SIGKILL)
        wait_until(partial(launcher.has_replaced, first))
        add(spool, f"after-{number}")
    assert supervisor.finish(grace_seconds=30) is DrainOutcome.EMPTIED
    assert clusters_in(tmp_path) == ["after-0", "after-1", "after-2"]


def test_finishing_starts_a_drain_that_died_once_more(tmp_path: Path, spool: Spool) -> None:
    """Rows committed while a dead drain waits for its restart are drained before the exit."""
    launcher = Launcher(tmp_path)
    supervisor = supervise(launcher, spool, RestartPolicy(first_restart_seconds=600))
    supervisor.start()
    first = launcher.last
    assert first is not None
    os.kill(first.pid, signal.SIGKILL)
    wait_until(lambda: not Path(f"/proc/{first.pid}").exists())
    add(spool, "one")
    assert supervisor.finish(grace_seconds=30) is DrainOutcome.EMPTIED
    assert clusters_in(tmp_path) == ["one"]


def test_an_unusable_warehouse_is_an_error_at_the_start(tmp_path: Path, spool: Spool) -> None:
    """The drain's reason is the error of the start."""
    launcher = Launcher(tmp_path)
    launcher.folder.mkdir()
    (launcher.folder / "theirs").write_bytes(b"")
    with pytest.raises(WarehouseUnusable, match=str(launcher.folder)):
        supervise(launcher, spool).start()


def test_a_folder_in_use_is_an_error_after_a_while(tmp_path: Path, spool: Spool) -> None:
    """A start waits for a folder that another collector writes to, but not forever."""
    launcher = Launcher(tmp_path)
    folder = Folder(launcher.folder)
    folder.prepare()
    with (
        folder.owned(),
        pytest.raises(WarehouseUnavailable, match="another collector writes to"),
    ):
        supervise(launcher, spool, RestartPolicy(opening_seconds=5)).start()


def test_a_drain_that_dies_after_its_last_message_is_noticed(tmp_path: Path, spool: Spool) -> None:
    """It sent that all was written, and its status is an error."""
    supervisor = supervise(Launcher(tmp_path, DiesEmptied), spool)
    supervisor.start()
    assert supervisor.finish(grace_seconds=30) is DrainOutcome.DIED


def test_a_drain_that_writes_nothing_is_noticed(tmp_path: Path, spool: Spool) -> None:
    """A notice says that reports are due and not written, until they are."""
    launcher = Launcher(tmp_path)
    policy = RestartPolicy(stalled_seconds=0.2, check_seconds=0.05)
    supervisor = supervise(launcher, spool, policy, batch_seconds=0.1)
    supervisor.start()
    with Folder(launcher.folder).writing():
        add(spool, "one")
        supervisor.commands.wake()
        wait_until(lambda: supervisor.notices() != ())
    wait_until(lambda: supervisor.notices() == ())
    assert supervisor.finish(grace_seconds=30) is DrainOutcome.EMPTIED


def test_old_dead_letters_go(tmp_path: Path, spool: Spool) -> None:
    """A drain that runs deletes the dead letters that have been kept for long enough."""
    path = tmp_path / DEAD_LETTERS_FILE
    report = SpooledReport(1, "k", 0, b"{}")
    with closing(DeadLetters(path, clock=lambda: 0.0)) as letters:
        letters.add([(report, "why")])
    supervisor = supervise(Launcher(tmp_path), spool)
    supervisor.start()
    wait_until(lambda: count_dead_letters(path) == 0)
    assert supervisor.finish(grace_seconds=30) is DrainOutcome.EMPTIED
    with closing(DeadLetters(path, clock=time.time)) as letters:
        assert list(letters) == []


def test_a_drain_that_cannot_be_started_is_an_error_at_the_start(spool: Spool) -> None:
    """A start without a drain fails, and says why."""

    def launch() -> DrainProcess:
        raise DrainFailed("there is no program")

    supervisor = supervise(launch, spool)
    with pytest.raises(DrainFailed, match="does not start: there is no program"):
        supervisor.start()


def test_a_defect_does_not_end_the_supervision(tmp_path: Path, spool: Spool) -> None:
    """It is one line of the log, without what the error says, and the drain is started again."""
    with structlog.testing.capture_logs() as log:
        supervisor = supervise(Launcher(tmp_path, Incomprehensible), spool)
        supervisor.start()
        add(spool, "one")
        assert supervisor.finish(grace_seconds=30) is DrainOutcome.EMPTIED
    [reason] = [each["reason"] for each in log if "reason" in each]
    assert reason.startswith("a defect of the program: KeyError in testing.py, line ")
    assert clusters_in(tmp_path) == ["one"]


def test_a_defect_at_the_start_is_its_error(spool: Spool) -> None:
    """A start fails with where the error came from, and not with what it says."""

    def launch() -> DrainProcess:
        raise KeyError("c-1 of acme")

    supervisor = supervise(launch, spool)
    with pytest.raises(DrainFailed, match=r"KeyError in supervisor_test\.py, line [0-9]+$"):
        supervisor.start()


@pytest.mark.usefixtures("spool")
def test_a_defect_of_the_drain_is_a_message(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A drain that fails as nobody expected says where in one line, and prints no traceback."""
    process = launch_drain(DrainSettings(spool=str(tmp_path / "spool.sqlite"), warehouse="c-1"))
    [message] = process.messages()
    assert isinstance(message, Unusable)
    assert message.reason.startswith("a defect of the program: InvalidWarehouseAddress in ")
    assert process.reap() == 0
    assert capfd.readouterr().err == ""


def test_a_spool_older_than_the_warehouse_loses_nothing(tmp_path: Path, spool: Spool) -> None:
    """After the spool was replaced by an older copy, new reports are still drained, once."""
    _drain(tmp_path, spool, "one")
    spool.close()
    copy = {each.name: each.read_bytes() for each in tmp_path.glob("spool.sqlite*")}
    with opened_spool(tmp_path) as later:
        _drain(tmp_path, later, "two", "three")
    for name, content in copy.items():
        (tmp_path / name).write_bytes(content)
    with opened_spool(tmp_path) as restored:
        _drain(tmp_path, restored, "four")
    assert clusters_in(tmp_path) == ["four", "one", "three", "two"]


def _drain(directory: Path, spool: Spool, *cluster_ids: str) -> None:
    supervisor = supervise(Launcher(directory), spool)
    supervisor.start()
    add(spool, *cluster_ids)
    assert supervisor.finish(grace_seconds=30) is DrainOutcome.EMPTIED


def test_the_name_of_the_module_is_right() -> None:
    """The drain is started by the name of its module."""
    assert drain_process.__name__ == "collector.drain.process"
