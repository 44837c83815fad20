"""The site follows the folder of releases."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from collector.publishing import store
from collector.publishing.due import SINCE
from collector.publishing.loading import Loader
from collector.publishing.testing import exact_release, release
from collector.telemetry.logs import get_log
from collector.values import Publish, PublishPlan

LATEST = "/api/v1/statistics"


def loader_of(
    folder: Path, publish: Publish = Publish.MONTHLY, since: date | None = None
) -> Loader:
    return Loader(
        folder,
        PublishPlan(publish, 4.0, since),
        address="https://census.example.com",
        today=lambda: date(2026, 11, 25),
        log=get_log(),
    )


def test_a_release_that_was_added_is_shown(tmp_path: Path) -> None:
    """What is loaded is what the folder holds then."""
    loader = loader_of(tmp_path)
    assert LATEST not in loader.load()
    store.add(tmp_path, exact_release(50, 10))
    assert f"{LATEST}/2026-10" in loader.load()


def test_a_broken_release_is_left_out(tmp_path: Path) -> None:
    """The others are shown; the log names it once."""
    store.add(tmp_path, exact_release(50, 10))
    (tmp_path / "2026-09.json").write_text("{")
    loader = loader_of(tmp_path)
    with capture_logs() as logged:
        sites = [loader.load() for _ in range(2)]
    for site in sites:
        assert [path for path in site if path.startswith(f"{LATEST}/")] == [f"{LATEST}/2026-10"]
    (entry,) = logged
    assert "2026-09.json is damaged" in entry["reason"]


@pytest.mark.parametrize(
    ("publish", "months", "due"),
    [
        (Publish.MONTHLY, (), "4 December 2026"),
        (Publish.WEEKLY, (), "3 December 2026"),
        (Publish.QUARTERLY, (), "4 January 2027"),
        (Publish.MONTHLY, (9, 10), "4 December 2026"),
        (Publish.EXACT, (11,), "4 January 2027"),
    ],
)
def test_the_page_says_when_the_next_release_is_due(
    tmp_path: Path, publish: Publish, months: tuple[int, ...], due: str
) -> None:
    """It is some days after the period that follows the latest release; of today's without one."""
    for month in months:
        store.add(tmp_path, exact_release(50, month))
    page = loader_of(tmp_path, publish).load()["/"].plain.content.decode()
    assert f"The next is due on {due}." in page


def due_of(loader: Loader) -> str:
    """Return the day that the page names."""
    page = loader.load()["/"].plain.content.decode()
    return page.partition("The next is due on ")[2].partition(".")[0]


def test_the_first_release_may_be_of_a_period_that_is_over(tmp_path: Path) -> None:
    """Where publishing began in the month before, or is to begin later, that is what counts."""
    assert due_of(loader_of(tmp_path, since=date(2027, 1, 1))) == "4 February 2027"
    store.note_day(tmp_path / SINCE, date(2026, 10, 1))
    early = Loader(
        tmp_path,
        PublishPlan(Publish.MONTHLY, 4.0),
        address=None,
        today=lambda: date(2026, 11, 2),
        log=get_log(),
    )
    assert due_of(early) == "4 November 2026"


def test_a_release_that_the_budget_does_not_allow_is_not_due(tmp_path: Path) -> None:
    """The page names the first period for which the year's budget suffices."""
    for month in range(1, 12):
        store.add(tmp_path, release(3_000, month))
    assert due_of(loader_of(tmp_path)) == "4 January 2027"
    assert due_of(loader_of(tmp_path, Publish.QUARTERLY)) == "4 July 2027"


def test_a_damaged_beginning(tmp_path: Path) -> None:
    """The page stays, without a day."""
    (tmp_path / SINCE).write_text("never")
    assert due_of(loader_of(tmp_path)) == ""


def test_what_publishes_nothing_carries_nothing_for_it() -> None:
    """The serving process has neither the census nor the template engine, unless it publishes."""
    program = "import sys, collector.wiring; print({'census', 'jinja2'} & sys.modules.keys())"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, check=True
    )
    assert run.stdout == b"set()\n"
