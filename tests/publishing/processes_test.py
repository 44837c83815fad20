"""Several processes that make releases of the same days at once: one release comes out."""

import os
import signal
import textwrap
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from msgspec.structs import replace

from collector.disk.files import locked
from collector.drain.channel import decode_message
from collector.drain.messages import Message, Released
from collector.drain.release_testing import (
    MONTHLY,
    days_of,
    releases_in,
    started,
    write_reports,
)
from collector.publishing.schedule import overlap
from collector.settings import REPORTS_FOLDER
from collector.testing import DEADLINE_SECONDS, MODULES, RunningCollector, wait_until
from collector.values import Publish, PublishPlan

AT_ONCE: Final = 3
ROUNDS: Final = 3
# The same program, which has imported all that it needs before it waits at the barrier.
_AT_BARRIER: Final = textwrap.dedent(
    """
    import os, sys
    import duckdb
    from collector.drain import release_process
    from collector.warehouse.parquet import counting

    print("ready", flush=True)
    os.read(int(sys.argv[2]), 1)
    release_process.main()
    """
)


def run_at_once(
    *jobs: tuple[Path, PublishPlan], reports: Path | None = None
) -> Sequence[Sequence[Message]]:
    """Run the program for each data directory and plan, all at once; return what each sent.

    They wait at a barrier, a pipe, until it is closed.
    """
    waiting, opening = os.pipe()
    processes = [
        started(
            data_dir,
            plan,
            reports=reports,
            program=("-c", _AT_BARRIER),
            words=(str(waiting),),
            pass_fds=(waiting,),
        )
        for data_dir, plan in jobs
    ]
    os.close(waiting)
    outputs = [each.stdout for each in processes if each.stdout]
    assert [each.readline() for each in outputs] == [b"ready\n"] * len(jobs)
    os.close(opening)
    sent = [[decode_message(line) for line in each] for each in outputs]
    assert [each.wait(DEADLINE_SECONDS) for each in processes] == [0] * len(jobs)
    return sent


def bytes_in(folder: Path) -> dict[str, bytes]:
    """Return what the releases in a folder are, by name."""
    return {each.name: each.read_bytes() for each in folder.glob("*.json")}


def test_processes_on_one_data_directory_make_one_release(tmp_path: Path) -> None:
    """Each has noise of its own, and one makes it; the same bytes are in both places."""
    for number in range(ROUNDS):
        data_dir = tmp_path / str(number)
        write_reports(data_dir, "abc")
        sent = run_at_once(*[(data_dir, MONTHLY)] * AT_ONCE)
        made = [each for messages in sent for each in messages if isinstance(each, Released)]
        assert len(made) == 1
        kept = bytes_in(data_dir / "releases")
        assert list(kept) == ["2026-10.json"]
        assert kept == bytes_in(data_dir / REPORTS_FOLDER / ".releases")


def test_data_directories_on_one_folder_of_reports_agree(tmp_path: Path) -> None:
    """Whichever is first, all publish its bytes."""
    for number in range(ROUNDS):
        folder = tmp_path / str(number)
        write_reports(folder / "0", "abc")
        reports = folder / "0" / REPORTS_FOLDER
        homes = [folder / str(each) for each in range(AT_ONCE)]
        for each in homes:
            each.mkdir(mode=0o700, exist_ok=True)
        run_at_once(*((each, MONTHLY) for each in homes), reports=reports)
        (first, *others) = [bytes_in(each / "releases") for each in homes]
        assert list(first) == ["2026-10.json"]
        assert all(each == first for each in others)


def test_processes_with_other_settings_release_no_day_twice(tmp_path: Path) -> None:
    """One that outlived its collector makes months while its successor makes quarters."""
    since = date(2026, 7, 1)
    plans = [
        replace(MONTHLY, publish=each, since=since)
        for each in (Publish.MONTHLY, Publish.QUARTERLY, Publish.EXACT)
    ]
    for number in range(ROUNDS):
        data_dir = tmp_path / str(number)
        write_reports(data_dir, "abc")
        run_at_once(*((data_dir, plan) for plan in plans))
        periods = [each.period for each in releases_in(data_dir)]
        assert periods
        assert not any(
            overlap(one, other)
            for place, one in enumerate(periods)
            for other in periods[place + 1 :]
        )


def _children(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").glob("*/children"))
        children = [int(each) for task in tasks for each in task.read_text().split()]
    except OSError:  # it has exited meanwhile
        return []
    return [*children, *(each for child in children for each in _children(child))]


def _is_releasing(pid: int) -> bool:
    try:
        return MODULES[2].encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def releasing_under(collector: RunningCollector) -> int:
    """Return the ID of the process that makes releases for a collector, once there is one."""
    found: list[int] = []

    def look() -> bool:
        found[:] = filter(_is_releasing, _children(collector.process.pid))
        return bool(found)

    wait_until(look)
    return found[0]


MONTH: Final = f"{datetime.now(UTC).date().replace(day=1) - timedelta(days=40):%Y-%m}"
FLAGS: Final = ("--publish", "monthly", "--publish-since", MONTH)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A month of reports whose release is due, and a folder for it."""
    write_reports(tmp_path, "abc", days=days_of(MONTH))
    (tmp_path / "releases").mkdir(mode=0o700)
    return tmp_path


def test_a_release_process_exits_with_a_collector_that_is_killed(data_dir: Path) -> None:
    """It stores nothing any more, though it was about to; the next collector makes the release."""
    releases = data_dir / "releases"
    with locked(releases / "lock"), RunningCollector(data_dir, *FLAGS) as collector:
        process = releasing_under(collector)
        collector.kill()
        wait_until(lambda: not _is_releasing(process))
    assert bytes_in(releases) == {}
    with RunningCollector(data_dir, *FLAGS) as collector:
        wait_until(lambda: f"{MONTH}.json" in bytes_in(releases))
        assert collector.stop() == 0


@pytest.mark.parametrize("is_counting", [False, True])
def test_a_release_process_that_outlives_its_collector_stores_no_second_one(
    data_dir: Path, *, is_counting: bool
) -> None:
    """It is stopped, before or after it began to count, so that it notices nothing; whatever it
    does when it goes on beside its successor, one release is in both places, and served.
    """
    with RunningCollector(data_dir, *FLAGS) as collector:
        process = releasing_under(collector)
        if is_counting:
            wait_until(lambda: any(data_dir.glob("scratch-*")) or not _is_releasing(process))
        os.kill(process, signal.SIGSTOP)
        collector.process.kill()  # its log stays open: the process that is stopped has it, too
        collector.process.wait(DEADLINE_SECONDS)
    with RunningCollector(data_dir, *FLAGS) as collector:
        successor = releasing_under(collector)
        os.kill(process, signal.SIGCONT)
        wait_until(lambda: not any(map(_is_releasing, (process, successor))))
        path = f"/api/v1/statistics/{MONTH}"
        wait_until(lambda: collector.request("GET", path)[0] == 200)
        served = collector.content(path)
        assert collector.stop() == 0
    first = bytes_in(data_dir / "releases")
    assert first == bytes_in(data_dir / REPORTS_FOLDER / ".releases")
    assert first[f"{MONTH}.json"] == served
