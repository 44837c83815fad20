"""Older copies of what a collector keeps, restored over what it published since."""

import shutil
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from msgspec.structs import replace

from collector.drain.messages import Message, Released, ReleaseFailed
from collector.drain.release_testing import MONTHLY, days_of, release, write_reports
from collector.settings import REPORTS_FOLDER
from collector.telemetry.admin_server import SOCKET_NAME
from collector.testing import RunningCollector, wait_until
from collector.values import PublishPlan
from tests.publishing.drains import start_drain_again

MONTHS: Final = ("2026-03", "2026-04", "2026-05")
PLAN: Final = replace(MONTHLY, since=date(2026, 3, 1))
JUNE_10: Final = date(2026, 6, 10)
FLAGS: Final = ("--publish", "monthly", "--publish-since", "2026-03")


def live_through(data_dir: Path, month: str) -> None:
    """Receive a month's reports, and release it when it is due, as a collector that runs would."""
    write_reports(data_dir, "abc", days=days_of(month))
    number = int(month[-2:])
    for day in (2, 4):
        status, _ = release(data_dir, PLAN, today=date(2026, number + 1, day))
        assert status == 0


def failures(messages: list[Message]) -> list[str]:
    return [each.reason for each in messages if isinstance(each, ReleaseFailed)]


def made(messages: list[Message]) -> list[str]:
    return [each.name for each in messages if isinstance(each, Released) and each.seconds]


def readers_of(data_dir: Path) -> dict[str, bytes]:
    """Return what readers get of each month, from a collector that serves."""
    with RunningCollector(data_dir, *FLAGS) as collector:
        addresses = {month: f"/api/v1/statistics/{month}" for month in MONTHS}
        seen = {
            month: collector.content(address)
            for month, address in addresses.items()
            if collector.request("GET", address)[0] == 200
        }
        assert collector.stop() == 0
    return seen


class Lived(NamedTuple):
    """A data directory in June, its copy of the end of March, and what readers have seen."""

    data_dir: Path
    copy: Path
    seen: dict[str, bytes]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    folder = tmp_path_factory.mktemp("original")
    data_dir, copy = folder / "data", folder / "copy"
    live_through(data_dir, MONTHS[0])
    shutil.copytree(data_dir, copy)
    for month in MONTHS[1:]:
        live_through(data_dir, month)
    seen = readers_of(data_dir)
    assert list(seen) == list(MONTHS)
    return Lived(data_dir, copy, seen)


@pytest.fixture
def lived(tmp_path: Path, original: Lived) -> Lived:
    # A socket, which a copy does not have.
    shutil.copytree(
        original.data_dir, tmp_path / "data", ignore=shutil.ignore_patterns(SOCKET_NAME)
    )
    return original._replace(data_dir=tmp_path / "data")


def restore(copy: Path, place: Path) -> None:
    """Have a folder be what it was when it was copied."""
    shutil.rmtree(place)
    shutil.copytree(copy, place)


def test_an_older_copy_of_the_reports(lived: Lived) -> None:
    """The releases in the data directory stay, and are beside the reports again."""
    data_dir, copy, seen = lived
    restore(copy / REPORTS_FOLDER, data_dir / REPORTS_FOLDER)
    status, messages = release(data_dir, PLAN, today=JUNE_10)
    assert (status, made(messages), failures(messages)) == (0, [], [])
    kept = {each.stem: each.read_bytes() for each in data_dir.glob("reports/.releases/*.json")}
    assert kept == readers_of(data_dir) == seen


def test_an_older_copy_of_the_releases(lived: Lived) -> None:
    """Those beside the reports are published again, byte for byte."""
    data_dir, copy, seen = lived
    restore(copy / "releases", data_dir / "releases")
    status, messages = release(data_dir, PLAN, today=JUNE_10)
    assert (status, made(messages), failures(messages)) == (0, [], [])
    assert readers_of(data_dir) == seen


def test_an_older_copy_of_everything(lived: Lived) -> None:
    """Nothing is released a second time; what readers have, put back as files, is published."""
    data_dir, copy, seen = lived
    restore(copy, data_dir)
    write_reports(data_dir, "abc", days=days_of("2026-05"))  # from another copy of the reports
    for day in (10, 11):
        status, messages = release(data_dir, PLAN, today=date(2026, 6, day))
        assert (status, made(messages)) == (0, [])
        (reason,) = failures(messages)
        assert reason.startswith("2026-04 to 2026-05 came due after 2026-04-04")
    assert list(readers_of(data_dir)) == ["2026-03"]
    for number, month in enumerate(MONTHS[1:]):
        (data_dir / "releases" / f"{month}.json").write_bytes(seen[month])
        _, messages = release(data_dir, PLAN, today=JUNE_10)
        assert len(failures(messages)) == 1 - number
    assert readers_of(data_dir) == seen
    live_through(data_dir, "2026-06")
    assert "2026-06.json" in {each.name for each in (data_dir / "releases").iterdir()}


def test_a_collector_that_runs_takes_a_release_back(lived: Lived) -> None:
    """What is put into its folder is served when it finds out next what is due, byte for byte."""
    data_dir, copy, seen = lived
    restore(copy, data_dir)
    path = "/api/v1/statistics/2026-05"
    with RunningCollector(data_dir, *FLAGS) as collector:
        wait_until(lambda: "came due after 2026-04-04" in str(collector.log))
        assert collector.request("GET", path)[0] == 404
        (data_dir / "releases" / "2026-05.json").write_bytes(seen["2026-05"])
        start_drain_again(collector)
        wait_until(lambda: collector.request("GET", path)[0] == 200)
        assert collector.content(path) == seen["2026-05"]
        assert collector.stop() == 0


def test_everything_lost_but_the_reports(lived: Lived) -> None:
    """Without releases to count from, publishing begins anew with the month that it is."""
    data_dir, _, _ = lived
    for folder in ("releases", f"{REPORTS_FOLDER}/.releases"):
        shutil.rmtree(data_dir / folder)
    plan = PublishPlan(PLAN.publish, PLAN.epsilon)
    status, messages = release(data_dir, plan, today=JUNE_10)
    assert (status, made(messages), failures(messages)) == (0, [], [])


def test_an_operator_who_was_away_says_so(lived: Lived) -> None:
    """A collector that was off from March to June releases what it has once it is told to."""
    data_dir, copy, _ = lived
    restore(copy, data_dir)
    status, messages = release(data_dir, replace(PLAN, missed=JUNE_10), today=JUNE_10)
    assert (status, made(messages)) == (0, ["2026-04", "2026-05"])
