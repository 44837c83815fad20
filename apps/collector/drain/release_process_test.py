"""Releases by the real program: over real files, killed anywhere, and as a collector starts it."""

import os
import signal
import textwrap
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from collector.disk.files import locked
from collector.drain.messages import Notice, Released, ReleaseFailed, ReleaseSettings, Scheduled
from collector.drain.release_testing import (
    EXACT,
    MONTHLY,
    days_of,
    release,
    releases_in,
    started,
    write_reports,
)
from collector.drain.releasing import make_in_process
from collector.errors import DrainFailed
from collector.settings import REPORTS_FOLDER
from collector.testing import DEADLINE_SECONDS, RunningCollector, run_collector, wait_until
from collector.warehouse.parquet.engine import Engine
from collector.warehouse.parquet.testing import folder_in
from collector.warehouse.parquet.upkeep import Upkeep


def test_a_month_is_released(tmp_path: Path) -> None:
    """The program says what it made, and when the next one is due; a second run makes nothing."""
    write_reports(tmp_path, "abc")
    status, messages = release(tmp_path, MONTHLY)
    assert status == 0
    notice, released, scheduled = messages
    assert isinstance(notice, Notice)
    assert isinstance(released, Released)
    assert released.name == "2026-10"
    december_4 = int(datetime(2026, 12, 4, tzinfo=UTC).timestamp())
    october_31 = int(datetime(2026, 10, 31, tzinfo=UTC).timestamp())
    assert scheduled == Scheduled(december_4, october_31)
    assert release(tmp_path, MONTHLY) == (0, [scheduled])
    (made,) = releases_in(tmp_path)
    assert made.guarantee is not None
    kept = tmp_path / REPORTS_FOLDER / ".releases" / "2026-10.json"
    assert kept.read_bytes() == (tmp_path / "releases" / "2026-10.json").read_bytes()


def test_what_goes_wrong_is_one_line(tmp_path: Path) -> None:
    """A release that cannot be read is named, and nothing is made."""
    (tmp_path / "releases").mkdir()
    (tmp_path / "releases" / "2026-10.json").write_text("{")
    status, messages = release(tmp_path, MONTHLY)
    assert status == 0
    (failure,) = messages
    assert isinstance(failure, ReleaseFailed)
    assert "2026-10.json is damaged" in failure.reason


def test_it_exits_with_the_drain(tmp_path: Path) -> None:
    """One whose standard input is closed exits at once, whatever it waits for."""
    (tmp_path / "releases").mkdir(mode=0o700)
    with locked(tmp_path / "releases" / "lock"), started(tmp_path, EXACT) as process:
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(DEADLINE_SECONDS) == 1


def test_one_that_is_killed_is_told_with_what_may_help(tmp_path: Path) -> None:
    """The kernel kills what takes too much memory, and the process says nothing then."""
    (tmp_path / "releases").mkdir(mode=0o700)
    made = make_in_process(ReleaseSettings(str(tmp_path), f"parquet://{tmp_path}", EXACT, 0.0))
    with ThreadPoolExecutor(1) as waiting, locked(tmp_path / "releases" / "lock"):
        first = waiting.submit(next, made)
        wait_until(lambda: bool(children()))
        os.kill(children()[0], signal.SIGKILL)
        with pytest.raises(DrainFailed, match=r"killed by signal 9; where memory ran out, allow"):
            first.result(DEADLINE_SECONDS)


def children() -> list[int]:
    """Return the processes that this one started and that run."""
    threads = Path("/proc/self/task").glob("*/children")
    return [int(pid) for each in threads for pid in each.read_text().split()]


_KILLED: Final = textwrap.dedent(
    """
    import os, sys
    from collector.drain import release_process
    from collector.warehouse.parquet import counting

    left = int(sys.argv[2])
    places = ("/releases", "/.releases")

    def die(event, arguments):
        global left
        if event in {"open", "os.link", "os.remove", "os.mkdir", "os.rename"} and any(
            place in str(arguments[0]) for place in places
        ):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), 9)

    sys.addaudithook(die)
    release_process.main()
    """
)


def test_a_process_that_is_killed_changes_nothing_visible(tmp_path: Path) -> None:
    """Killed at each step, and with other reports afterwards, a release that is seen stays."""
    seen_after_kills = 0
    for steps in range(1, 60):
        data_dir = tmp_path / str(steps)
        write_reports(data_dir, "abc")
        with started(data_dir, EXACT, program=("-c", _KILLED), words=(str(steps),)) as process:
            assert process.stdout is not None
            process.stdout.read()
        kept = data_dir / REPORTS_FOLDER / ".releases" / "2026-10.json"
        before, was_kept = releases_in(data_dir), kept.exists()
        assert was_kept or not before
        with closing(Engine()) as engine:
            assert Upkeep(folder_in(data_dir), engine).forget("a").removed == 2
        assert release(data_dir, EXACT)[0] == 0
        (made,) = releases_in(data_dir)
        assert made.clusters == (3.0 if was_kept else 2.0)
        assert before in {(), (made,)}
        seen_after_kills += bool(before)
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL
    assert steps > 10
    assert seen_after_kills > 1


def test_a_collector_publishes(tmp_path: Path) -> None:
    """One that is started makes what is due, serves it, and says when the next is."""
    month = (datetime.now(UTC).date().replace(day=1) - timedelta(days=40)).replace(day=1)
    name = f"{month:%Y-%m}"
    write_reports(tmp_path, "abc", days=days_of(name))
    flags = ("--publish", "exact", "--publish-since", name)
    path = f"/api/v1/statistics/{name}"
    with RunningCollector(tmp_path, *flags) as collector:
        wait_until(lambda: collector.request("GET", path)[0] == 200)
        made = collector.request("GET", path)[1]
        assert made["firstDay"] == month.isoformat()
        assert "a release was made" in str(collector.log)
        wait_until(lambda: "next release due" in status_of(tmp_path))
        assert collector.stop() == 0
    with RunningCollector(tmp_path, *flags) as collector:
        assert collector.request("GET", path)[1] == made


def status_of(data_dir: Path) -> str:
    return run_collector("status", "--data-dir", str(data_dir)).stdout.decode()
