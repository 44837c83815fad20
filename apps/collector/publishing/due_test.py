"""What is due, and when nothing is until somebody has looked."""

import random
from datetime import date
from pathlib import Path

import pytest

from census import Budget, Release, exact_release_of, release_of
from census.periods import name_of, parse
from census.questions import QUESTIONS
from collector.errors import FileUnusable, PublishingHeld
from collector.publishing import store
from collector.publishing.due import Due
from collector.values import Publish, PublishPlan

MARCH_31 = date(2026, 3, 31)
JUNE_10 = date(2026, 6, 10)


def due_in(
    folder: Path,
    *,
    since: date | None = None,
    missed: date | None = None,
    retention_days: int | None = None,
) -> Due:
    plan = PublishPlan(Publish.MONTHLY, 4.0, since, missed)
    return Due(folder, plan, retention_days=retention_days)


def released(name: str) -> Release:
    return exact_release_of({"clusters": {}}, parse(name), QUESTIONS[:1])


def names(due: Due, today: date) -> list[str]:
    return [name_of(each) for each in due.periods(today)]


@pytest.fixture
def old_copy(tmp_path: Path) -> Path:
    """The folder as it was on the last of March."""
    folder = tmp_path / "releases"
    for name in ("2026-01", "2026-02"):
        store.add(folder, released(name))
    assert names(due_in(folder), MARCH_31) == []
    return folder


def test_what_came_due_meanwhile_is_held(old_copy: Path) -> None:
    """It may be released already; the line names the periods, what may be wrong, and what helps."""
    for _ in range(2):
        with pytest.raises(PublishingHeld) as held:
            due_in(old_copy).periods(JUNE_10)
        assert str(held.value) == (
            "2026-03 to 2026-05 came due after 2026-03-31, the last day on which this collector"
            " published: it was off, its clock is wrong (2026-06-10 in UTC), or its files are an"
            f" older copy. What was released belongs into {old_copy}; where nobody has seen such a"
            " release, go on with --publish-missed 2026-06-10"
        )


def test_the_releases_that_readers_have_end_it(old_copy: Path) -> None:
    """Once all are back; one that is still missing is not made from what the copy has."""
    for name in ("2026-04", "2026-05"):
        store.add(old_copy, released(name))
    with pytest.raises(PublishingHeld, match=r"^2026-03 came due"):
        due_in(old_copy).periods(JUNE_10)
    store.add(old_copy, released("2026-03"))
    for today in (JUNE_10, date(2026, 7, 3)):
        assert names(due_in(old_copy), today) == []
    assert names(due_in(old_copy), date(2026, 7, 4)) == ["2026-06"]


def test_an_operator_may_say_that_nobody_has_seen_any(old_copy: Path) -> None:
    """Through a day: what is missed later is held again, with the same flag."""
    due = due_in(old_copy, missed=JUNE_10)
    assert names(due, JUNE_10) == ["2026-03", "2026-04", "2026-05"]
    for each in ("2026-03", "2026-04", "2026-05"):
        store.add(old_copy, released(each))
    with pytest.raises(PublishingHeld, match=r"^2026-06 came due after 2026-06-10"):
        due.periods(date(2026, 8, 1))


def test_a_flag_may_leave_out_what_was_missed(old_copy: Path) -> None:
    """As when publishing begins on another day."""
    assert names(due_in(old_copy, since=date(2026, 6, 1)), JUNE_10) == []


def test_what_the_budget_forbids_is_not_missed(tmp_path: Path) -> None:
    """After a year of months nobody is asked about a quarter that cannot be released."""
    budget = Budget()
    for month in range(1, 13):
        period = parse(f"2026-{month:02}")
        bits = random.Random(1).getrandbits
        store.add(tmp_path, release_of({"clusters": {}}, period, budget, bits, QUESTIONS[:1]))
    due = Due(tmp_path, PublishPlan(Publish.QUARTERLY, 4.0))
    assert names(due, date(2027, 1, 4)) == []
    assert names(due, date(2027, 4, 20)) == ["2027-Q1"]  # it is tried, and refused with a reason
    with pytest.raises(PublishingHeld, match=r"^2027-Q2 came due"):
        due.periods(date(2027, 7, 20))


def test_a_weekend_is_not_missed(tmp_path: Path) -> None:
    """What came due in three days is released without a word."""
    due = due_in(tmp_path, since=date(2026, 3, 1))
    assert names(due, date(2026, 4, 2)) == []
    assert names(due, date(2026, 4, 5)) == ["2026-03"]


def test_a_clock_that_was_ahead_for_long_holds_nothing_back(tmp_path: Path) -> None:
    """It made nothing while it was; once it is right, the next month is due as ever."""
    due = due_in(tmp_path, since=date(2026, 3, 1))
    assert names(due, date(2026, 3, 20)) == []
    for ahead in (date(2027, 3, 20), date(2027, 3, 21), date(2027, 6, 1)):
        with pytest.raises(PublishingHeld, match=r"its clock is wrong"):
            due.periods(ahead)
    for day in range(21, 31):
        assert names(due, date(2026, 3, day)) == []
    assert names(due, date(2026, 4, 2)) == []
    assert names(due, date(2026, 4, 4)) == ["2026-03"]


def test_only_releases_came_through(tmp_path: Path) -> None:
    """A new data directory beside an old warehouse is as old as the latest release."""
    for name in ("2026-01", "2026-02"):
        store.add(tmp_path, released(name))
    with pytest.raises(PublishingHeld, match=r"^2026-03 to 2026-05 came due after 2026-03-04"):
        due_in(tmp_path).periods(JUNE_10)


def test_a_release_of_days_to_come_holds_the_others(old_copy: Path) -> None:
    """The clock is wrong, or was: which one, only an operator knows."""
    for today in (date(2026, 2, 28), date(2020, 1, 1)):
        with pytest.raises(PublishingHeld, match=r"the release 2026-0[12] in .* days to come"):
            due_in(old_copy).periods(today)
    assert names(due_in(old_copy), date(2026, 4, 1)) == []


def test_a_first_day_to_come_is_named(tmp_path: Path) -> None:
    """Nothing would be published for a year, because the clock was ahead once; a flag ends it."""
    assert names(due_in(tmp_path), date(2027, 3, 20)) == []
    with pytest.raises(PublishingHeld, match=r"since says 2027-03-01, which is to come"):
        due_in(tmp_path).periods(date(2026, 3, 20))
    assert names(due_in(tmp_path, since=date(2026, 3, 1)), date(2026, 3, 21)) == []


def test_what_retention_has_deleted_is_not_missed(old_copy: Path) -> None:
    """Nobody is asked about a period that cannot be counted any more."""
    due = due_in(old_copy, retention_days=40)
    assert not due.is_deleted(parse("2026-03"), date(2026, 4, 10))
    assert due.is_deleted(parse("2026-03"), date(2026, 4, 11))
    with pytest.raises(PublishingHeld, match=r"^2026-05 came due"):
        due.periods(JUNE_10)


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01\n", "\xff"])
def test_a_damaged_day_is_named(old_copy: Path, text: str) -> None:
    """With what to do; it is neither guessed nor replaced."""
    (old_copy / "seen").write_text(text)
    with pytest.raises(FileUnusable, match=r"seen is damaged.*; remove it"):
        due_in(old_copy).periods(MARCH_31)
    assert (old_copy / "seen").read_text() == text
