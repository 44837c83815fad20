"""The site follows the folder of releases."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from collector.publishing import store
from collector.publishing.loading import Loader
from collector.publishing.testing import exact_release
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
    assert f" due on {due}" in page


@pytest.mark.parametrize(
    ("noted", "since", "due"),
    [
        (None, date(2027, 2, 1), "4 March 2027"),
        ("2027-02-01", None, "4 March 2027"),
        ("2027-02-01", date(2026, 11, 1), "4 December 2026"),
        ("soon", None, "4 December 2026"),
    ],
)
def test_the_page_knows_when_publishing_begins(
    tmp_path: Path, noted: str | None, since: date | None, due: str
) -> None:
    """What the flag says comes before what was noted; a damaged file hides no page."""
    if noted:
        (tmp_path / "since").write_text(noted)
    page = loader_of(tmp_path, since=since).load()["/"].plain.content.decode()
    assert f" due on {due}" in page


def test_what_publishes_nothing_carries_nothing_for_it() -> None:
    """The serving process has neither the census nor the template engine, unless it publishes."""
    program = "import sys, collector.wiring; print({'census', 'jinja2'} & sys.modules.keys())"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, check=True
    )
    assert run.stdout == b"set()\n"
