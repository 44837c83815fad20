"""What somebody did to the files of a collector that publishes; and odd settings and reports."""

import os
import secrets
import subprocess
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import pytest
from msgspec.structs import replace

from census import decode, encode
from collector.drain.messages import Notice, ReleaseFailed
from collector.drain.release_testing import (
    EXACT,
    MONTHLY,
    days_of,
    release,
    releases_in,
    write_reports,
)
from collector.errors import CollectorError
from collector.publishing.making import Publisher
from collector.settings import REPORTS_FOLDER
from collector.testing import RunningCollector, post_all, run_collector, wait_until
from collector.warehouse.parquet.counting import ParquetCensus

DECEMBER_4: Final = date(2026, 12, 4)
DECEMBER_2: Final = date(2026, 12, 2)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory whose October is released, and November about to be."""
    data_dir = tmp_path_factory.mktemp("original") / "data"
    for month in ("2026-10", "2026-11"):
        write_reports(data_dir, "abc", days=days_of(month))
    for day in (date(2026, 11, 25), DECEMBER_2):
        assert release(data_dir, MONTHLY, today=day)[0] == 0
    assert [each.name for each in releases_in(data_dir)] == ["2026-10"]
    return data_dir


@pytest.fixture
def data_dir(tmp_path: Path, original: Path) -> Path:
    subprocess.run(["cp", "--archive", original, tmp_path / "data"], check=True)
    return tmp_path / "data"


def _edit(folder: Path) -> None:
    path = folder / "2026-10.json"
    path.write_bytes(encode(replace(decode(path.read_bytes()), clusters=1_000.0)))


def _rename(folder: Path) -> None:
    (folder / "2026-10.json").rename(folder / "2026-09.json")


def _bring_from_the_future(folder: Path) -> None:
    july = replace(
        decode((folder / "2026-10.json").read_bytes()),
        first_day="2027-07-01",
        last_day="2027-07-31",
    )
    (folder / "2027-07.json").write_bytes(encode(july))


def _link(folder: Path) -> None:
    (folder / "2026-10.json").rename(folder / "elsewhere")
    (folder / "2026-10.json").symlink_to(folder / "elsewhere")


def _bring_a_later_format(folder: Path) -> None:
    path = folder / "2026-10.json"
    path.write_bytes(path.read_bytes().replace(b'"format": 1', b'"format": 2'))


def _bring_a_fortnight(folder: Path) -> None:
    path = folder / "2026-10.json"
    path.write_bytes(path.read_bytes().replace(b"2026-10-31", b"2026-10-14"))


TROUBLES: Final[dict[Callable[[Path], object], str]] = {
    _edit: "is not the one that the warehouse keeps",
    _rename: "holds the release 2026-10; give it that name again",
    _bring_from_the_future: "the release 2027-07 in ",
    _link: "is a link, which is not followed",
    _bring_a_later_format: "has format version 2, this collector knows 1",
    _bring_a_fortnight: "is damaged, and a release is never made again; restore a copy of it",
    lambda folder: (folder / "notes.json").write_text("{}"): "is damaged",
    lambda folder: (folder / "old.json").mkdir(): "old.json cannot be read: Is a directory",
    lambda folder: os.mkfifo(folder / "pipe.json"): "is damaged",
}


def attempt(data_dir: Path, today: date) -> None:
    """Make what is due, in this process."""
    census = ParquetCensus(data_dir / REPORTS_FOLDER, data_dir=data_dir)
    publisher = Publisher(data_dir / "releases", census, MONTHLY, random_bits=secrets.randbits)
    list(
        publisher.publish_due(datetime(today.year, today.month, today.day, tzinfo=UTC).timestamp())
    )


@pytest.mark.parametrize("place", ["releases", f"{REPORTS_FOLDER}/.releases"])
@pytest.mark.parametrize("number", range(len(TROUBLES)))
def test_a_folder_that_somebody_was_in(data_dir: Path, place: str, number: int) -> None:
    """One line names what is wrong, and what was not touched stays; no release is made."""
    do, expected = list(TROUBLES.items())[number]
    do(data_dir / place)
    before = {each: each.lstat().st_mtime_ns for each in data_dir.glob("**/*.json")}
    for _ in range(2):
        with pytest.raises(CollectorError) as raised:
            attempt(data_dir, DECEMBER_4)
        assert expected in str(raised.value)
        assert "\n" not in str(raised.value)
    after = {each: each.lstat().st_mtime_ns for each in data_dir.glob("**/*.json")}
    assert before.items() <= after.items()
    assert not any(each.name == "2026-11.json" for each in after)


@pytest.mark.parametrize("do", [_edit, _link, _bring_a_fortnight])
def test_the_program_says_so_and_serves_the_rest(
    data_dir: Path, do: Callable[[Path], None]
) -> None:
    """It goes on receiving and serving: only what cannot be read is left out."""
    do(data_dir / "releases")
    ((failure,),) = (release(data_dir, MONTHLY, today=DECEMBER_4)[1],)
    assert isinstance(failure, ReleaseFailed)
    with RunningCollector(data_dir, "--publish", "monthly") as collector:
        post_all(collector, "d")
        assert collector.request("GET", "/")[0] == 200
        wait_until(lambda: "no release can be made now" in str(collector.log))
        assert collector.stop() == 0


def test_what_is_no_release_is_not_minded(data_dir: Path) -> None:
    """Copies under other names, what an editor left, and hidden files."""
    for name in ("2026-10.json.bak", "2026-10.json~", ".2026-10.json.swp", "README", ".x.json"):
        (data_dir / "releases" / name).write_text("?")
        (data_dir / REPORTS_FOLDER / ".releases" / name).write_text("?")
    attempt(data_dir, DECEMBER_4)
    assert [each.name for each in releases_in(data_dir)] == ["2026-10", "2026-11"]


def test_what_retention_has_deleted_is_not_released(data_dir: Path) -> None:
    """A month of its last days only would stand for ever."""
    messages = release(data_dir, MONTHLY, today=DECEMBER_4, retention_days=32)[1]
    (notice,) = [each for each in messages if isinstance(each, Notice)]
    assert notice.fields["reason"] == "--retention has deleted its first reports"
    assert [each.name for each in releases_in(data_dir)] == ["2026-10"]


def test_exact_figures_and_then_private_ones(data_dir: Path) -> None:
    """What was exact stays so; what follows is private, with a whole year's budget before it."""
    exact = replace(EXACT, since=date(2026, 11, 1))
    assert release(data_dir, exact, today=DECEMBER_4)[0] == 0
    for day in (2, 4):
        assert release(data_dir, MONTHLY, today=date(2027, 1, day))[0] == 0
    found = {each.name: each.guarantee is None for each in releases_in(data_dir)}
    assert found == {"2026-10": False, "2026-11": True, "2026-12": False}


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Pacific/Kiritimati"])
def test_a_day_is_one_in_utc(tmp_path: Path, zone: str) -> None:
    """Who was heard from in two days of UTC counts, who was in two of another zone does not."""
    first = days_of("2026-10")[0]
    write_reports(tmp_path, ["two"], days=(first + 23 / 24, first + 25 / 24))
    write_reports(tmp_path, ["one"], days=(first + 4 + 2 / 24, first + 4 + 23 / 24))
    assert release(tmp_path, EXACT, environment={"TZ": zone})[0] == 0
    (made,) = releases_in(tmp_path)
    assert made.clusters == 1.0


@pytest.mark.parametrize("database", ["http://127.0.0.1:9", "stdout"])
def test_what_only_passes_reports_on_publishes_nothing(tmp_path: Path, database: str) -> None:
    """It is a usage error: the collector behind it publishes."""
    words = ("--publish", "monthly", "--database", database, "--port", "0")
    run = run_collector(*words, "--data-dir", str(tmp_path))
    assert run.returncode == 2
    assert b"only passes them on" in run.stderr
