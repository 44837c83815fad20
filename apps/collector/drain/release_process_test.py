"""Releases by the real program: over real files, killed anywhere, and as a collector starts it."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from census import Release
from collector.drain.channel import decode_message, encode
from collector.drain.messages import (
    Message,
    Notice,
    Released,
    ReleaseFailed,
    ReleaseSettings,
    Scheduled,
)
from collector.publishing import store
from collector.records import DAY_SECONDS, Batch, SpooledReport
from collector.settings import REPORTS_FOLDER
from collector.testing import DEADLINE_SECONDS, MODULES, RunningCollector, run_collector, wait_until
from collector.values import Publish, PublishPlan
from collector.warehouse.parquet.engine import Engine
from collector.warehouse.parquet.testing import folder_in, open_folder
from collector.warehouse.parquet.upkeep import Upkeep
from report import Report
from report import encode as encode_report

OCTOBER_2: Final = 20_728
"""Days since 1970-01-01."""

NOVEMBER_25: Final = datetime(2026, 11, 25, tzinfo=UTC).timestamp()
SINCE: Final = date(2026, 10, 1)
EXACT: Final = PublishPlan(Publish.EXACT, 4.0, SINCE)
MONTHLY: Final = PublishPlan(Publish.MONTHLY, 4.0, SINCE)


OCTOBER: Final = (OCTOBER_2, OCTOBER_2 + 7)


def write_reports(
    data_dir: Path, clusters: Iterable[str], *, days: tuple[int, ...] = OCTOBER
) -> None:
    """Write the days on which clusters were heard from."""
    rows = [
        SpooledReport(
            number,
            f"{number:032x}",
            day * DAY_SECONDS,
            encode_report(Report(version="v", cluster_id=each, master_version="v1.30.1")),
        )
        for number, (day, each) in enumerate(((day, each) for day in days for each in clusters), 1)
    ]
    with closing(open_folder(data_dir)) as warehouse:
        for day in days:
            warehouse.write(Batch("spool", tuple(each for each in rows if each.day == day)))


def words_for(data_dir: Path, plan: PublishPlan, database: str = "") -> str:
    address = database or f"parquet://{data_dir}/{REPORTS_FOLDER}"
    return encode(ReleaseSettings(str(data_dir), address, plan, NOVEMBER_25)).decode()


def started(
    data_dir: Path, plan: PublishPlan, *program: str, steps: int = 0
) -> "subprocess.Popen[bytes]":
    """Start the program with its standard input open; `steps` are those until it is killed."""
    return subprocess.Popen(
        [sys.executable, *program, words_for(data_dir, plan), str(steps)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def run(data_dir: Path, plan: PublishPlan) -> tuple[int, list[Message]]:
    """Run the program; return its status and what it sent."""
    with started(data_dir, plan, "-m", MODULES[2]) as process:
        messages = [decode_message(line) for line in process.stdout or ()]
    return process.returncode, messages


def releases_in(data_dir: Path) -> tuple[Release, ...]:
    return store.read(data_dir / store.RELEASES_FOLDER)


def test_a_month_is_released(tmp_path: Path) -> None:
    """The program says what it made, and when the next one is due; a second run makes nothing."""
    write_reports(tmp_path, "abc")
    status, messages = run(tmp_path, MONTHLY)
    assert status == 0
    notice, released, scheduled = messages
    assert isinstance(notice, Notice)
    assert isinstance(released, Released)
    assert released.name == "2026-10"
    december_4 = int(datetime(2026, 12, 4, tzinfo=UTC).timestamp())
    october_31 = int(datetime(2026, 10, 31, tzinfo=UTC).timestamp())
    assert scheduled == Scheduled(december_4, october_31)
    assert run(tmp_path, MONTHLY) == (0, [scheduled])
    (release,) = releases_in(tmp_path)
    assert release.guarantee is not None
    kept = tmp_path / REPORTS_FOLDER / ".releases" / "2026-10.json"
    assert kept.read_bytes() == (tmp_path / "releases" / "2026-10.json").read_bytes()


def test_what_goes_wrong_is_one_line(tmp_path: Path) -> None:
    """A release that cannot be read is named, and nothing is made."""
    (tmp_path / "releases").mkdir()
    (tmp_path / "releases" / "2026-10.json").write_text("{")
    status, messages = run(tmp_path, MONTHLY)
    assert status == 0
    (failure,) = messages
    assert isinstance(failure, ReleaseFailed)
    assert "2026-10.json is damaged" in failure.reason


def test_it_exits_with_the_drain(tmp_path: Path) -> None:
    """One whose standard input is closed exits at once, whatever it waits for."""
    (tmp_path / "releases").mkdir()
    os.mkfifo(tmp_path / "releases" / "2026-10.json")  # nobody writes to it
    with started(tmp_path, EXACT, "-m", MODULES[2]) as process:
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(DEADLINE_SECONDS) == 1


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
        with started(data_dir, EXACT, "-c", _KILLED, steps=steps) as process:
            assert process.stdout is not None
            process.stdout.read()
        kept = data_dir / REPORTS_FOLDER / ".releases" / "2026-10.json"
        before, was_kept = releases_in(data_dir), kept.exists()
        assert was_kept or not before
        with closing(Engine()) as engine:
            assert Upkeep(folder_in(data_dir), engine).forget("a").removed == 2
        assert run(data_dir, EXACT)[0] == 0
        (release,) = releases_in(data_dir)
        assert release.clusters == (3.0 if was_kept else 2.0)
        assert before in {(), (release,)}
        seen_after_kills += bool(before)
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL
    assert steps > 10
    assert seen_after_kills > 1


def test_a_collector_publishes(tmp_path: Path) -> None:
    """One that is started makes what is due, serves it, and says when the next is."""
    today = datetime.now(UTC).date()
    month = (today.replace(day=1) - timedelta(days=40)).replace(day=1)
    first = (month - date(1970, 1, 1)).days
    write_reports(tmp_path, "abc", days=(first + 1, first + 8))
    name = f"{month:%Y-%m}"
    flags = ("--publish", "exact", "--publish-since", name)
    path = f"/api/v1/statistics/{name}"
    with RunningCollector(tmp_path, *flags) as collector:
        wait_until(lambda: collector.request("GET", path)[0] == 200)
        release = collector.request("GET", path)[1]
        assert release["firstDay"] == month.isoformat()
        assert "a release was made" in str(collector.log)
        wait_until(lambda: "next release due" in status_of(tmp_path))
        assert collector.stop() == 0
    with RunningCollector(tmp_path, *flags) as collector:
        assert collector.request("GET", path)[1] == release


def status_of(data_dir: Path) -> str:
    return run_collector("status", "--data-dir", str(data_dir)).stdout.decode()
