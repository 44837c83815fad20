"""Months of a collector's life: off and on, with clocks that are wrong and copies restored."""

import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from census import Counts, Period, decode
from census.questions import QUESTIONS, UNIT
from collector.errors import PublishingHeld
from collector.publishing.making import Made, Publisher
from collector.publishing.schedule import OFF_AT_MOST
from collector.values import Publish, PublishPlan
from collector.warehouse.counting import CensusStore

DAY = timedelta(days=1)
BEGIN = date(2026, 1, 10)
PLAN = PublishPlan(Publish.EXACT, 4.0, date(2026, 1, 1))


class _Census(CensusStore):
    """Releases in a dictionary; no count is like another."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self._counts: Iterator[int] = count(1)

    def count(self, period: Period) -> Counts:
        del period
        return {each.name: {} for each in QUESTIONS} | {
            "clusters": {"clusters": next(self._counts) * UNIT}
        }

    def releases(self) -> dict[str, bytes]:
        return dict(self.kept)

    def add_release(self, name: str, release: bytes) -> bytes:
        return self.kept.setdefault(name, release)

    def close(self) -> None:
        """Nothing is held."""


class Live(NamedTuple):
    """The collector runs for some days, by a clock that is so many days off."""

    days: int
    clock: int


class Off(NamedTuple):
    """The collector is off for some days."""

    days: int


class Restore(NamedTuple):
    """The copy is restored; an operator may put back what readers have."""

    is_mended: bool


class Copy(NamedTuple):
    """All is copied."""


Step = Live | Off | Restore | Copy


class History:
    """A data directory and its warehouse, their copy, and what readers have seen."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._copy = folder / "releases", folder / "copy"
        self.census, self._kept = _Census(), dict[str, bytes]()
        self.today, self._copied = BEGIN, BEGIN
        self.seen: dict[str, bytes] = {}

    def go(self, step: Step) -> None:
        """Take a step; check what is released by it."""
        match step:
            case Live(days, clock):
                for _ in range(days):
                    self.today += DAY
                    self._publish(self.today + clock * DAY)
            case Off(days):
                self.today += days * DAY
            case Copy():
                self._copied, self._kept = self.today, dict(self.census.kept)
                shutil.rmtree(self._copy, ignore_errors=True)
                if self.folder.exists():
                    shutil.copytree(self.folder, self._copy)
            case Restore(is_mended):
                self._restore(is_mended=is_mended)

    def _restore(self, *, is_mended: bool) -> None:
        if self.today - self._copied <= OFF_AT_MOST or not self._copy.exists():
            return  # a younger copy says nothing of its age, as docs/publishing.md warns
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self._copy, self.folder)
        self.census.kept = dict(self._kept)
        if is_mended:
            for name, data in self.seen.items():
                (self.folder / f"{name}.json").write_bytes(data)

    def _publish(self, clock: date) -> None:
        now = datetime(clock.year, clock.month, clock.day, tzinfo=UTC).timestamp()
        publisher = Publisher(self.folder, self.census, PLAN, random_bits=lambda _: 0)
        try:
            for each in publisher.publish_due(now):
                if isinstance(each, Made):
                    self._check(each.name)
        except PublishingHeld:
            pass

    def _check(self, name: str) -> None:
        data = self.census.kept[name]
        assert name not in self.seen, f"{name} is released again"
        assert decode(data).period.last < self.today, f"{name} is not over"
        self.seen[name] = data


STEPS = st.one_of(
    st.builds(Live, st.integers(1, 40), st.sampled_from((0, 0, 0, 400, -400))),
    st.builds(Off, st.integers(1, 60)),
    st.builds(Copy),
    st.builds(Restore, st.booleans()),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(STEPS, min_size=3, max_size=10))
def test_no_month_is_released_twice_or_before_it_is_over(steps: list[Step]) -> None:
    """Whatever happens to the clock, the collector and its files."""
    with tempfile.TemporaryDirectory() as folder:
        history = History(Path(folder))
        for step in steps:
            history.go(step)


def test_a_collector_that_runs_releases_each_month(tmp_path: Path) -> None:
    """Weekends off, a clock that was wrong for a week, and a copy that was put right lose none."""
    history = History(tmp_path)
    for step in (
        *(Live(30, 0), Off(3), Live(20, 0), Copy(), Live(1, 400), Live(7, 0), Off(2)),
        *(Live(48, 0), Restore(is_mended=True), Live(30, 0)),
    ):
        history.go(step)
    assert list(history.seen) == ["2026-01", "2026-02", "2026-03", "2026-04"]
