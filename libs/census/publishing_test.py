"""A release is within its budget, and says what it does not know."""

import json
import random
import re
from contextlib import suppress
from datetime import date, timedelta
from fractions import Fraction
from functools import cache

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from census import (
    AlreadyReleased,
    Budget,
    BudgetSpent,
    Cadence,
    Counts,
    Period,
    Release,
    check_budget,
    count,
    decode,
    encode,
    exact_release_of,
    json_schema,
    release_of,
)
from census.periods import parse
from census.questions import QUESTIONS
from report import Node, Report

OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))
NODES = (Node(id="n", architecture="amd64"), Node(id="m", architecture="arm64"))


def counts_of(clusters: int) -> Counts:
    return count(
        Report(version="v", cluster_id=str(each), master_version=f"v1.{28 + each % 2}", nodes=NODES)
        for each in range(clusters)
    )


@cache
def made(clusters: int, *, seed: int = 1) -> Release:
    bits = random.Random(seed).getrandbits
    return release_of(counts_of(clusters), OCTOBER, Budget(), bits)


def empty(period: Period, budget: Budget | None = None) -> Release:
    """Return a release of one question, which spends what all spend and is made sooner."""
    bits = random.Random(1).getrandbits
    return release_of({"clusters": {}}, period, budget or Budget(), bits, QUESTIONS[:1])


def month(year: int, number: int) -> Period:
    after = date(year + number // 12, number % 12 + 1, 1)
    return Period(date(year, number, 1), after - timedelta(days=1))


def test_the_same_release_is_the_same_bytes() -> None:
    """Bytes follow from counts and noise, are read back whole, and keep to the schema."""
    data = encode(made(1000))
    assert data == encode(made(1000))
    assert data != encode(made(1000, seed=2))
    assert encode(decode(data)) == data
    assert encode(decode(encode(made(0)))) == encode(made(0))
    jsonschema.validate(json.loads(data), json_schema())


def test_the_true_share_is_in_its_interval() -> None:
    """Of 40 releases, about 95 of 100 intervals hold the true share of a half."""
    held = [
        cell.low <= 0.5 <= cell.high
        for seed in range(40)
        for answers in made(1000, seed=seed).answers
        for cell in answers.cells
        if cell.answer in {"1.28", "1.29", "amd64", "arm64"}
    ]
    assert len(held) == 160
    assert sum(held) >= 144


def test_what_does_not_stand_out_is_other() -> None:
    """Of 40 releases, few show an answer that nobody gave; `other` is what is left."""
    given = {"1.28", "1.29", "amd64", "arm64", "unknown", "other", "2-3"}
    releases = [made(1000, seed=seed) for seed in range(40)]
    shown = [cell.answer for each in releases for one in each.answers for cell in one.cells]
    invented = [answer for answer in shown if answer not in given and answer != "0"]
    assert len(invented) < 0.1 * 40 * len(QUESTIONS)
    for each in releases:
        for answers in each.answers:
            assert answers.cells[-1].answer == "other"


@pytest.mark.parametrize("clusters", [0, 1, 10])
def test_a_small_census_shows_no_noise(clusters: int) -> None:
    """Too few clusters to stand out are a release without answers."""
    assert not made(clusters).answers


def test_exact_figures_say_so() -> None:
    """They are the counts, without a guarantee or a margin."""
    release = exact_release_of(counts_of(3), OCTOBER)
    assert release.guarantee is None
    assert release.statement.startswith("These figures are exact")
    cells = {each.question: each.cells for each in release.answers}
    assert [(each.answer, each.clusters) for each in cells["kubernetes"]] == [
        ("1.28", 2.0),
        ("1.29", 1.0),
    ]
    assert {(each.low, each.high) for each in cells["architecture"]} == {(0.5, 0.5)}
    jsonschema.validate(json.loads(encode(release)), json_schema())


def test_the_guarantee_is_in_plain_words() -> None:
    """The statement has the number that the budget gives."""
    assert re.search(r"at most 65 of 100 cases", made(0).statement)


@pytest.mark.parametrize("cadence", Cadence)
def test_a_year_of_periods_is_within_budget(cadence: Cadence) -> None:
    """Each period is released, for years, and no 365 days spend more than a year's budget."""
    budget = Budget(releases_a_year=cadence.releases_a_year)
    released: list[Release] = []
    period = cadence.period_of(date(2026, 1, 1))
    while period.first < date(2029, 1, 1):
        check_budget(period, budget, released)
        released.append(empty(period, budget))
        period = cadence.after(period)
    assert_within_budget(released)


def assert_within_budget(released: list[Release]) -> None:
    for each in released:
        first = date.fromisoformat(each.first_day)
        spent = sum(
            Fraction(other.guarantee.rho)
            for other in released
            if other.guarantee
            and first <= date.fromisoformat(other.first_day) < first + timedelta(days=365)
        )
        assert spent <= Budget().rho_a_year


def test_a_changed_schedule_spends_no_more() -> None:
    """After twelve months a quarter has to wait until enough of the year is over."""
    released = [empty(month(2026, number)) for number in range(1, 13)]
    quarterly = Budget(releases_a_year=4)
    with pytest.raises(BudgetSpent, match="begins on 2027-03-01 or later") as refused:
        check_budget(parse("2027-Q1"), quarterly, released)
    second = parse("2027-Q2")
    check_budget(Period(refused.value.next, second.last), quarterly, released)
    too_early = Period(refused.value.next - timedelta(days=1), second.last)
    with pytest.raises(BudgetSpent):
        check_budget(too_early, quarterly, released)
    check_budget(second, quarterly, released)
    assert_within_budget([*released, empty(second, quarterly)])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(Cadence), st.sampled_from((1.0, 2.0, 4.0))), max_size=40))
def test_settings_may_change_every_time(plans: list[tuple[Cadence, float]]) -> None:
    """Whatever cadence and budget each release is made with, no year spends more than the most."""
    released: list[Release] = []
    day = date(2026, 1, 1)
    for cadence, epsilon in plans:
        period = cadence.period_of(day)
        budget = Budget(epsilon=epsilon, releases_a_year=cadence.releases_a_year)
        with suppress(BudgetSpent, AlreadyReleased):
            check_budget(period, budget, released)
            released.append(empty(period, budget))
        day = period.last + timedelta(days=1)
    assert_within_budget(released)


def test_an_earlier_year_may_still_be_released() -> None:
    """Months before those that were released count with the ones that share 365 days with them."""
    released = [empty(month(2027, number)) for number in range(1, 13)]
    for number in range(1, 13):
        check_budget(month(2026, number), Budget(), released)
        released.append(empty(month(2026, number)))
    assert_within_budget(released)
    with pytest.raises(BudgetSpent):
        check_budget(parse("2026-W52"), Budget(epsilon=0.5), released[:12])


def test_no_day_is_released_twice() -> None:
    """A period that shares a day with an earlier release is refused."""
    with pytest.raises(AlreadyReleased, match="2026-10-01 to 2026-10-31"):
        check_budget(Period(date(2026, 10, 31), date(2026, 11, 29)), Budget(), [empty(OCTOBER)])
