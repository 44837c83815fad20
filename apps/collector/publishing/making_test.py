"""One release a period, the same for all, whatever happens on the way."""

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from threading import Thread

import pytest
from msgspec.structs import replace

from census import Counts, Period, Release, encode, exact_release_of
from census.periods import name_of, parse
from census.questions import QUESTIONS, UNIT
from collector.errors import FileUnusable, PublishingHeld, WarehouseUnavailable
from collector.publishing import store
from collector.publishing.making import Made, Publisher, Refused, Taken
from collector.values import Publish, PublishPlan
from collector.warehouse.counting import CensusStore

MONTHLY = PublishPlan(Publish.MONTHLY, 4.0)


class _Census(CensusStore):
    """A warehouse in memory, which may fail at any of its calls."""

    def __init__(self, clusters: int = 500) -> None:
        self.clusters = clusters
        self.counted: list[str] = []
        self.kept: dict[str, bytes] = {}
        self.calls_left = 10**9
        self.meanwhile: Callable[[], object] = lambda: None
        """Called, once, while reports are counted."""

    def count(self, period: Period) -> Counts:
        self._call()
        self.counted.append(name_of(period))
        self.bytes_billed += 10
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        return {each.name: {} for each in QUESTIONS} | {
            "clusters": {"clusters": self.clusters * UNIT}
        }

    def releases(self) -> dict[str, bytes]:
        self._call()
        return dict(self.kept)

    def add_release(self, name: str, release: bytes) -> bytes:
        self._call()
        return self.kept.setdefault(name, release)

    def close(self) -> None:
        raise AssertionError

    def _call(self) -> None:
        self.calls_left -= 1
        if self.calls_left < 0:
            raise WarehouseUnavailable("away")


def seconds(year: int, month: int, day: int, hour: int = 0) -> float:
    return datetime(year, month, day, hour, tzinfo=UTC).timestamp()


def exact(name: str) -> Release:
    return exact_release_of({"clusters": {}}, parse(name), QUESTIONS[:1])


_SEEDS: Iterator[int] = count()


def publisher(folder: Path, census: CensusStore, plan: PublishPlan = MONTHLY) -> Publisher:
    """Return one whose noise is another each time."""
    return Publisher(folder, census, plan, random_bits=random.Random(next(_SEEDS)).getrandbits)


def names(made: Iterator[Made | Taken | Refused]) -> list[str]:
    return [each.name for each in made if isinstance(each, Made)]


NOVEMBER_25 = seconds(2026, 11, 25)
DECEMBER_4 = seconds(2026, 12, 4)
"""When November is due."""


def test_nothing_before_publishing_was_asked_for(tmp_path: Path) -> None:
    """The first release is of the period in which that was, and is due days after its end."""
    census = _Census()
    assert names(publisher(tmp_path, census).publish_due(NOVEMBER_25)) == []
    assert publisher(tmp_path, census).next_due(NOVEMBER_25) == date(2026, 12, 4)
    assert names(publisher(tmp_path, census).publish_due(DECEMBER_4 - 1)) == []
    assert names(publisher(tmp_path, census).publish_due(DECEMBER_4)) == ["2026-11"]
    assert names(publisher(tmp_path, census).publish_due(DECEMBER_4)) == []
    assert census.counted == ["2026-11"]
    assert publisher(tmp_path, census).next_due(DECEMBER_4) == date(2027, 1, 4)


def test_missed_periods_are_made_the_oldest_first(tmp_path: Path) -> None:
    """After a collector was off, and from the day that an operator names."""
    census = _Census()
    plan = replace(MONTHLY, since=date(2026, 8, 1))
    made = names(publisher(tmp_path, census, plan).publish_due(NOVEMBER_25))
    assert made == ["2026-08", "2026-09", "2026-10"]
    later = replace(MONTHLY, missed=date(2027, 2, 4))
    made = names(publisher(tmp_path, census, later).publish_due(seconds(2027, 2, 4)))
    assert made == ["2026-11", "2026-12", "2027-01"]


def test_replicas_publish_the_same(tmp_path: Path) -> None:
    """Each with noise of its own, and yet the first release is what both have."""
    census = _Census()
    plan = replace(MONTHLY, since=date(2026, 10, 1))
    one, other = tmp_path / "one", tmp_path / "other"
    census.meanwhile = lambda: list(publisher(other, census, plan).publish_due(NOVEMBER_25))
    assert names(publisher(one, census, plan).publish_due(NOVEMBER_25)) == ["2026-10"]
    assert census.counted == ["2026-10", "2026-10"]
    assert store.read(one) == store.read(other)
    assert len(store.read(one)) == 1
    assert encode(store.read(one)[0]) == census.kept["2026-10"]


def test_what_another_made_meanwhile_is_taken(tmp_path: Path) -> None:
    """A replica that was still at the first of two periods counts the second one no more."""
    census = _Census()
    plan = replace(MONTHLY, since=date(2026, 9, 1))
    one, other = tmp_path / "one", tmp_path / "other"
    census.meanwhile = lambda: list(publisher(other, census, plan).publish_due(NOVEMBER_25))
    made, taken = publisher(one, census, plan).publish_due(NOVEMBER_25)
    assert isinstance(made, Made)
    assert (made.name, taken) == ("2026-09", Taken("2026-10"))
    assert census.counted == ["2026-09", "2026-09", "2026-10"]
    assert store.read(one) == store.read(other)


def test_processes_with_other_settings_wait_for_each_other(tmp_path: Path) -> None:
    """One of months and one of quarters, which begins meanwhile, release no day twice."""
    census = _Census()
    months = replace(MONTHLY, since=date(2026, 7, 1))
    quarters = replace(months, publish=Publish.QUARTERLY)
    other = Thread(target=lambda: [*publisher(tmp_path, census, quarters).publish_due(NOVEMBER_25)])

    def begin() -> None:
        other.start()
        other.join(0.5)  # it would be done, if it did not wait

    census.meanwhile = begin
    made = names(publisher(tmp_path, census, months).publish_due(NOVEMBER_25))
    other.join(30)
    assert not other.is_alive()
    assert made == ["2026-07", "2026-08", "2026-09", "2026-10"]
    assert [each.name for each in store.read(tmp_path)] == made


def test_what_another_made_before_is_taken(tmp_path: Path) -> None:
    """A replica with an empty folder says that there is something to publish."""
    census = _Census()
    plan = replace(MONTHLY, since=date(2026, 10, 1))
    list(publisher(tmp_path / "one", census, plan).publish_due(NOVEMBER_25))
    later = publisher(tmp_path / "other", census, plan)
    assert [*later.publish_due(NOVEMBER_25)] == [Taken("2026-10")]
    assert [*later.publish_due(NOVEMBER_25)] == []
    assert census.counted == ["2026-10"]


def test_what_each_release_cost_is_told(tmp_path: Path) -> None:
    """Its own part of what the warehouse billed for all."""
    census = _Census()
    plan = replace(MONTHLY, since=date(2026, 9, 1))
    made = publisher(tmp_path, census, plan).publish_due(NOVEMBER_25)
    assert [each.bytes_billed for each in made if isinstance(each, Made)] == [10, 10]


def test_a_release_never_changes(tmp_path: Path) -> None:
    """Not when reports were forgotten since, nor when the clock goes back and forth again."""
    census = _Census()
    plan = replace(MONTHLY, since=date(2026, 10, 1))
    list(publisher(tmp_path, census, plan).publish_due(NOVEMBER_25))
    before = store.read(tmp_path)
    census.clusters = 100
    for now in (NOVEMBER_25, seconds(2026, 10, 15), seconds(2020, 1, 1), NOVEMBER_25):
        with suppress(PublishingHeld):
            assert names(publisher(tmp_path, census, plan).publish_due(now)) == []
    assert store.read(tmp_path) == before
    assert census.counted == ["2026-10"]


@pytest.mark.parametrize("calls", range(7))
def test_a_warehouse_that_is_away_is_asked_again(tmp_path: Path, calls: int) -> None:
    """Whichever call fails, what is visible stays, and the rest is made later."""
    census = _Census()
    plan = replace(MONTHLY, since=date(2026, 9, 1))
    census.calls_left = calls
    with pytest.raises(WarehouseUnavailable):
        list(publisher(tmp_path, census, plan).publish_due(NOVEMBER_25))
    before, kept = store.read(tmp_path), dict(census.kept)
    census.calls_left = 100
    list(publisher(tmp_path, census, plan).publish_due(NOVEMBER_25))
    after = store.read(tmp_path)
    assert [each.name for each in after] == ["2026-09", "2026-10"]
    assert set(before) <= set(after)
    assert kept.items() <= census.kept.items()
    assert [encode(each) for each in after] == list(census.kept.values())


def test_releases_that_were_lost_come_back(tmp_path: Path) -> None:
    """From the warehouse where the data directory lost them, and the other way round."""
    census = _Census()
    plan = replace(MONTHLY, since=date(2026, 9, 1))
    list(publisher(tmp_path, census, plan).publish_due(NOVEMBER_25))
    before, kept = store.read(tmp_path), dict(census.kept)
    (tmp_path / "2026-10.json").unlink()
    assert names(publisher(tmp_path, census, plan).publish_due(NOVEMBER_25)) == []
    assert store.read(tmp_path) == before
    census.kept.clear()
    found = [*publisher(tmp_path, census, plan).publish_due(NOVEMBER_25)]
    assert found == [Taken("2026-09"), Taken("2026-10")]
    assert census.kept == kept
    assert len(census.counted) == 2


def test_two_releases_of_one_period_are_an_error(tmp_path: Path) -> None:
    """Nobody but the operator knows which one was published; both stay."""
    census = _Census()
    store.add(tmp_path, exact("2026-10"))
    kept = encode(replace(exact("2026-10"), clusters=7.0))
    census.kept["2026-10"] = kept
    with pytest.raises(FileUnusable, match=r"the release 2026-10 in .* is not the one that"):
        list(publisher(tmp_path, census).publish_due(NOVEMBER_25))
    assert store.read(tmp_path) == (exact("2026-10"),)
    assert census.kept == {"2026-10": kept}


def test_a_broken_release_stops_publishing(tmp_path: Path) -> None:
    """What it spent is not known."""
    census = _Census()
    (tmp_path / "2026-10.json").write_text("{")
    with pytest.raises(FileUnusable, match=r"2026-10\.json is damaged"):
        list(publisher(tmp_path, census).publish_due(NOVEMBER_25))
    census.kept["2026-09"] = b"{"
    (tmp_path / "2026-10.json").unlink()
    with pytest.raises(FileUnusable, match=r"^the warehouse's release 2026-09 is damaged"):
        list(publisher(tmp_path, census).publish_due(NOVEMBER_25))
    assert census.counted == []


def test_changed_settings_spend_no_more(tmp_path: Path) -> None:
    """After a year of months quarters wait, and a refusal says for how long; days count once."""
    census = _Census()
    plan = replace(MONTHLY, since=date(2026, 1, 1))
    made = names(publisher(tmp_path, census, plan).publish_due(seconds(2027, 1, 4)))
    assert len(made) == 12
    plan = replace(plan, missed=date(2027, 7, 16))
    quarterly = replace(plan, publish=Publish.QUARTERLY)
    first = list(publisher(tmp_path, census, quarterly).publish_due(seconds(2027, 7, 4)))
    assert [(type(each), each.name) for each in first] == [
        (Refused, "2027-Q1"),
        (Made, "2027-Q2"),
    ]
    assert isinstance(first[0], Refused)
    assert "begins on 2027-03-01 or later" in first[0].reason
    weekly = replace(plan, publish=Publish.WEEKLY)
    after = list(publisher(tmp_path, census, weekly).publish_due(seconds(2027, 7, 16)))
    weeks = [each.name for each in after if isinstance(each, Made)]
    assert weeks[-1] == "2027-W27"
    assert not {f"2027-W{number}" for number in range(13, 27)} & set(weeks)


def test_exact_figures_are_exact(tmp_path: Path) -> None:
    """Months without noise, and without a guarantee."""
    census = _Census(clusters=3)
    plan = PublishPlan(Publish.EXACT, 4.0, date(2026, 10, 1))
    assert names(publisher(tmp_path, census, plan).publish_due(NOVEMBER_25)) == ["2026-10"]
    release = store.read(tmp_path)[0]
    assert (release.guarantee, release.clusters) == (None, 3.0)


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01\n"])
def test_a_damaged_first_day_is_named(tmp_path: Path, text: str) -> None:
    """Publishing does not begin anew by itself: it could reach back."""
    (tmp_path / "since").write_text(text)
    with pytest.raises(FileUnusable, match=r"since is damaged.* --publish-since"):
        list(publisher(tmp_path, _Census()).publish_due(NOVEMBER_25))


def test_each_release_has_noise_of_its_own(tmp_path: Path) -> None:
    """Equal counts of two months are not equal releases."""
    plan = replace(MONTHLY, since=date(2026, 9, 1))
    list(publisher(tmp_path, _Census(), plan).publish_due(NOVEMBER_25))
    september, october = store.read(tmp_path)
    assert isinstance(september, Release)
    assert september.clusters != october.clusters
