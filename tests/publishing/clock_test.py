"""A clock that is wrong, and right again, under a collector that publishes. By libfaketime."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from collector.testing import RunningCollector, locked, post_all, run_collector, wait_until
from tests.faults.fake_clock import FakeClock
from tests.publishing.drains import start_drain_again

CLUSTERS: Final = ("a", "b", "c")
EXACT: Final = ("--publish", "exact")
MARCH: Final = "/api/v1/statistics/2026-03"


@pytest.fixture
def clock(tmp_path: Path) -> FakeClock:
    return FakeClock(tmp_path)


class Census:
    """A collector on one data directory, started anew for each look at the clock."""

    def __init__(self, data_dir: Path, clock: FakeClock) -> None:
        self.data_dir = data_dir
        self.clock = clock
        self.log: list[dict[str, object]] = []

    def at(self, moment: str, *flags: str, posted: tuple[str, ...] = (), zone: str = "UTC") -> None:
        """Run a collector at a moment in UTC until it has found out what is due."""
        self.clock.set_to(datetime.fromisoformat(moment).replace(tzinfo=UTC))
        under = (*self.clock.from_start, f"TZ={zone}")
        with RunningCollector(self.data_dir, *EXACT, *flags, under=under) as collector:
            post_all(collector, *posted)
            wait_until(lambda: has_looked(self.data_dir, collector))
            assert collector.stop() == 0
        self.log = collector.log

    @property
    def reasons(self) -> str:
        """Why nothing was released."""
        return " ".join(str(each.get("reason", "")) for each in self.log)

    @property
    def releases(self) -> dict[str, bytes]:
        """The releases that there are, byte for byte."""
        folders = (self.data_dir / "releases", self.data_dir / "reports" / ".releases")
        both = [
            {each.name: each.read_bytes() for each in folder.glob("*.json")} for folder in folders
        ]
        assert both[0] == both[1]
        return both[0]


def has_looked(data_dir: Path, collector: RunningCollector) -> bool:
    """Whether a collector said when the next release is due, or why it cannot be made."""
    if any(
        each.get("event") == "no release can be made now; it is tried again"
        for each in collector.log
    ):
        return True
    return b"next release due" in run_collector("status", "--data-dir", str(data_dir)).stdout


@pytest.fixture
def census(tmp_path: Path, clock: FakeClock) -> Census:
    """A census that heard from three clusters on two days of March."""
    census = Census(tmp_path / "data", clock)
    census.at("2026-03-18T12:00", posted=CLUSTERS)
    census.at("2026-03-20T12:00", posted=CLUSTERS)
    assert census.releases == {}
    return census


def test_a_clock_that_is_a_year_ahead_for_a_while(census: Census) -> None:
    """It releases nothing, however long; once it is right the month comes out when it is due."""
    for moment in ("2027-03-20T13:00", "2027-03-21T13:00", "2027-05-02T13:00"):
        census.at(moment)
        assert census.releases == {}
        assert "2026-03 to 2027-0" in census.reasons
        assert "its clock is wrong (2027-0" in census.reasons
    for moment in ("2026-03-21T12:00", "2026-04-03T23:00"):
        census.at(moment)
        assert (census.reasons.strip(), census.releases) == ("", {})
    census.at("2026-04-04T00:30")
    (released,) = census.releases.values()
    assert b'"clusters": 3.0' in released


def test_a_clock_that_goes_back_over_the_end_of_a_month(census: Census) -> None:
    """The month is released once; the same bytes are served whatever the clock says."""
    for moment in ("2026-04-02T12:00", "2026-04-04T00:30"):
        census.at(moment)
    before = census.releases
    assert list(before) == ["2026-03.json"]
    for moment in ("2026-03-30T12:00", "2026-02-10T12:00", "2020-01-01T00:00"):
        census.at(moment, posted=("d",))
        assert "the release 2026-03 in" in census.reasons
        assert "of days to come" in census.reasons
        assert census.releases == before
    for moment in ("2026-04-04T01:00", "2026-05-03T12:00"):
        census.at(moment)
        assert census.releases == before


def test_a_clock_of_another_zone_is_the_same_clock(census: Census) -> None:
    """A month is over when it is in UTC, also where it is tomorrow or yesterday already."""
    census.at("2026-04-03T23:30", zone="Pacific/Kiritimati")  # the 4th, 13:30
    assert census.releases == {}
    census.at("2026-04-04T00:30", zone="Pacific/Pago_Pago")  # the 3rd, 13:30
    assert list(census.releases) == ["2026-03.json"]


def test_reports_that_wait_in_the_spool_are_counted(tmp_path: Path, clock: FakeClock) -> None:
    """What was left of the month by a collector that was killed comes before its release."""
    census = Census(tmp_path / "data", clock)
    census.at("2026-03-18T12:00", posted=CLUSTERS)
    clock.set_to(datetime(2026, 3, 20, 12, tzinfo=UTC))
    under = (*clock.from_start, "TZ=UTC")
    with (
        RunningCollector(census.data_dir, *EXACT, under=under) as collector,
        locked(census.data_dir),
    ):
        post_all(collector, *CLUSTERS)
        collector.kill()
    clock.set_to(datetime(2026, 4, 4, 12, tzinfo=UTC))
    missed = ("--publish-missed", "2026-04-04")
    with RunningCollector(census.data_dir, *EXACT, *missed, under=under) as collector:
        wait_until(lambda: collector.request("GET", MARCH)[0] == 200)
        assert collector.request("GET", MARCH)[1]["clusters"] == 3.0
        assert collector.stop() == 0


def test_a_first_start_with_a_clock_that_is_a_year_ahead(tmp_path: Path, clock: FakeClock) -> None:
    """Nothing would be published for a year: the log says so, and a flag ends it."""
    census = Census(tmp_path / "data", clock)
    census.at("2027-03-20T12:00")
    census.at("2026-03-20T12:00")
    assert "since says 2027-03-01, which is to come" in census.reasons
    census.at("2026-03-20T13:00", "--publish-since", "2026-03")
    assert census.reasons.strip() == ""


def test_a_running_collector_notices(census: Census) -> None:
    """A jump ahead releases nothing, in a collector that goes on receiving and serving too."""
    census.clock.set_to(datetime(2026, 4, 1, 12, tzinfo=UTC))
    with RunningCollector(census.data_dir, *EXACT, under=census.clock.environment) as collector:
        wait_until(lambda: has_looked(census.data_dir, collector))
        for moment, is_held in (((2027, 4, 10), True), ((2026, 4, 4), False)):
            census.clock.set_to(datetime(*moment, 1, tzinfo=UTC))
            start_drain_again(collector)  # it asks once an hour, and at its start
            wait_until(lambda: collector.request("GET", "/readyz")[0] == 200)
            if is_held:
                wait_until(lambda: "came due after 2026-04-01" in str(collector.log))
                assert collector.request("GET", MARCH)[0] == 404
            else:
                wait_until(lambda: collector.request("GET", MARCH)[0] == 200)
        post_all(collector, "e")
        assert collector.stop() == 0
    assert list(census.releases) == ["2026-03.json"]
