"""A cluster counts when it was heard from on two days, by its latest report."""

from itertools import permutations

from census.counting import Received, count_keys, count_received
from census.questions import UNIT
from report import Report

HOUR, DAY = 3_600, 86_400


def received(cluster_id: str, second: int, version: str) -> Received:
    return Received(Report(version="v", cluster_id=cluster_id, master_version=version), second)


def test_a_cluster_counts_once_by_its_latest_report() -> None:
    """However many reports there are, in whatever order they come."""
    reports = [received("a", day * DAY, f"1.{day}") for day in (3, 9, 1, 5)]
    assert count_received(reports)["kubernetes"] == {"1.9": UNIT}


def test_one_day_is_not_enough() -> None:
    """Two reports of one day do not count; those on both sides of midnight do."""
    one_day = [received("a", DAY, "1.1"), received("a", 2 * DAY - 1, "1.1")]
    two_days = [received("b", 2 * DAY - HOUR, "1.2"), received("b", 2 * DAY, "1.3")]
    assert count_received(one_day + two_days)["kubernetes"] == {"1.3": UNIT}


def test_the_reports_of_an_hour_share_a_vote() -> None:
    """Receipt is known by the hour only: those of the latest have equal parts, in any order."""
    first = received("a", 0, "1.1")
    tied = [received("a", DAY, version) for version in ("1.2", "1.3", "1.3")]
    for order in permutations((first, *tied)):
        assert count_received(order)["kubernetes"] == {
            "1.2": UNIT // 3,
            "1.3": 2 * (UNIT // 3),
        }


def test_counted_keys_become_answers() -> None:
    """What a database counted by keys is added up by what they mean."""
    rows = [("kubernetes", "v1.30.2", 5), ("kubernetes", "1.30", 2), ("kubernetes", "", 1)]
    assert count_keys(rows)["kubernetes"] == {"1.30": 7, "unknown": 1}
