"""Versions move along their support windows, and only forwards."""

from datetime import date, timedelta

import pytest

from tools.fleet.catalogue import Distribution, distributions, newest_minor, newest_patch, released
from tools.fleet.upgrades import Release, Upgrades
from tools.simulator.draws import Draws

SINCE = date(2026, 1, 1)
DAYS = [SINCE + timedelta(days=each) for each in range(0, 700, 7)]
DRAWN = [
    (each, Upgrades.draw(each, Draws("test", each.word, number), since=SINCE))
    for each in distributions()
    for number in range(8)
]


def upgrades(**changes: object) -> Upgrades:
    """Return upgrades without any delay, as changed."""
    plain = {"lag": 0, "supported": 0, "delay": 0, "cycle": 1, "phase": 0, "stuck": None}
    return Upgrades(**{**plain, **changes})  # type: ignore[arg-type]  # fields by name


def test_newest() -> None:
    """A minor is the newest from the day of its release until the day before the next one's."""
    assert newest_minor(date(2025, 8, 26)) == 33
    assert newest_minor(date(2025, 8, 27)) == 34
    assert newest_minor(date(2025, 12, 16)) == 34


def test_beyond_the_list() -> None:
    """After the last release that is listed there is one more every 122 days."""
    last = max(released())
    day = released()[last]
    assert newest_minor(day + timedelta(days=121)) == last
    assert newest_minor(day + timedelta(days=122)) == last + 1
    assert newest_patch(last + 1, day + timedelta(days=122 + 61)) == 2


def test_patches_end() -> None:
    """Patches of a minor come about monthly, and end after 14."""
    assert newest_patch(33, date(2025, 4, 23)) == 0
    assert newest_patch(33, date(2025, 6, 25)) == 2
    assert newest_patch(33, date(2036, 1, 1)) == 14


@pytest.mark.parametrize(("distribution", "drawn"), DRAWN)
def test_only_forwards(distribution: Distribution, drawn: Upgrades) -> None:
    """No cluster is ever downgraded, or ahead of its distribution."""
    releases = [drawn.release(day) for day in DAYS]
    assert releases == sorted(releases)
    lag = timedelta(days=distribution.lag)
    assert all(
        minor <= newest_minor(day - lag) for day, (minor, _) in zip(DAYS, releases, strict=True)
    )


def test_delay() -> None:
    """A cluster takes a minor as many days after upstream as it is behind."""
    slow = upgrades(lag=10, delay=20)
    assert slow.release(date(2025, 8, 27) + timedelta(days=29)).minor == 33
    assert slow.release(date(2025, 8, 27) + timedelta(days=30)).minor == 34


def test_maintenance_windows() -> None:
    """Between two maintenance windows nothing changes."""
    yearly = upgrades(cycle=365)
    assert len({yearly.release(SINCE + timedelta(days=each)) for each in range(0, 365, 5)}) == 2


def test_support_ends() -> None:
    """Where support ends a cluster is upgraded to the oldest minor that still has it."""
    forced = upgrades(supported=400, delay=2_000)
    day = released()[30] + timedelta(days=400)
    assert forced.release(day - timedelta(days=1)).minor == 30
    assert forced.release(day).minor == 31


def test_stuck() -> None:
    """A cluster that nobody upgrades stays what it was."""
    stuck = upgrades(stuck=date(2024, 5, 1))
    assert {stuck.release(day) for day in DAYS} == {Release(30, 0)}
