"""Whatever settings an operator changes, and when: a year's budget is a year's budget."""

import random
from contextlib import suppress
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from census import (
    AlreadyReleased,
    Budget,
    BudgetSpent,
    Cadence,
    Period,
    Release,
    check_budget,
    exact_release_of,
    release_of,
)
from census.accounting import rho_of
from census.questions import QUESTIONS
from collector.publishing.schedule import UNTIL_DUE, due_periods

DAY = timedelta(days=1)
YEAR = timedelta(days=365)
BEGIN = date(2026, 1, 1)


class Settings(NamedTuple):
    """What a collector is started with, after so many days; None publishes exactly."""

    days: int
    cadence: Cadence
    epsilon: float | None
    since: date


SETTINGS = st.builds(
    Settings,
    st.integers(0, 120),
    st.sampled_from(Cadence),
    st.sampled_from((0.5, 1.0, 2.0, 4.0, 8.0, None)),
    st.dates(BEGIN - YEAR, BEGIN + 3 * YEAR),
)


def made(period: Period, used: Settings, earlier: list[Release]) -> Release:
    """Return the release, of one question: it spends what all spend. Raises as `check_budget`."""
    if used.epsilon is None:
        return exact_release_of({"clusters": {}}, period, QUESTIONS[:1])
    budget = Budget(epsilon=used.epsilon, releases_a_year=used.cadence.releases_a_year)
    check_budget(period, budget, earlier)
    return release_of({"clusters": {}}, period, budget, random.Random(1).getrandbits, QUESTIONS[:1])


def lived_through(history: list[Settings]) -> tuple[list[Release], date]:
    """Return what is released by a collector that is started with each settings in turn."""
    today, releases = BEGIN, list[Release]()
    for used in history:
        today += used.days * DAY
        due = [*due_periods(used.cadence, releases, since=used.since, today=today)]
        for period in due:
            with suppress(BudgetSpent, AlreadyReleased):
                releases.append(made(period, used, releases))
    return releases, today


@settings(max_examples=60, deadline=None)
@given(st.lists(SETTINGS, min_size=2, max_size=12))
def test_no_year_spends_more_than_its_budget(history: list[Settings]) -> None:
    """Of any 365 days' releases the sum is within the largest budget that one of them was made by;
    no day is in two releases, and none is released before it is over.
    """
    releases, today = lived_through(history)
    days = sorted((each.period.first, each.period.last) for each in releases)
    assert all(one[1] < other[0] for one, other in pairwise(days))
    assert all(last + UNTIL_DUE <= today for _, last in days)
    spent = [(each.period.first, each.guarantee) for each in releases if each.guarantee]
    for begin, _ in spent:
        year = [each for first, each in spent if begin <= first < begin + YEAR]
        most = max(rho_of(each.epsilon, each.delta) for each in year)
        assert sum(Fraction(each.rho) for each in year) <= most


def test_the_histories_are_worth_looking_at() -> None:
    """Among them, some have years in which a release was refused, and some in which none was."""
    monthly = [Settings(30, Cadence.MONTHLY, 4.0, BEGIN) for _ in range(14)]
    weekly = [Settings(30, Cadence.WEEKLY, 8.0, BEGIN) for _ in range(14)]
    assert len(lived_through(monthly)[0]) == 13
    mixed, _ = lived_through([*monthly, *weekly, *monthly])
    refused = [
        one
        for one, other in pairwise(sorted(each.period.last for each in mixed))
        if other - one > 32 * DAY
    ]
    assert len(mixed) > 14
    assert refused
