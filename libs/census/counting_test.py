"""A cluster counts when it was heard from on two days, by its latest report."""

from census.counting import Received, count, latest_of_each
from census.questions import UNIT
from report import Report

HOUR, DAY = 3_600, 86_400


def received(cluster_id: str, second: int, version: str) -> Received:
    return Received(Report(version="v", cluster_id=cluster_id, master_version=version), second)


def test_a_cluster_counts_once_by_its_latest_report() -> None:
    """However many reports there are, in whatever order they come."""
    reports = [received("a", day * DAY, f"1.{day}") for day in (3, 9, 1, 5)]
    assert count(latest_of_each(reports))["kubernetes"] == {"1.9": UNIT}


def test_one_day_is_not_enough() -> None:
    """Two reports of one day do not count; those on both sides of midnight do."""
    one_day = [received("a", DAY, "1.1"), received("a", 2 * DAY - 1, "1.1")]
    two_days = [received("b", 2 * DAY - HOUR, "1.2"), received("b", 2 * DAY, "1.3")]
    assert count(latest_of_each(one_day + two_days))["kubernetes"] == {"1.3": UNIT}


def test_of_two_reports_in_an_hour_one_is_the_latest() -> None:
    """Receipt is known by the hour only: the greater bytes decide, in any order."""
    first = received("a", 0, "1.1")
    tied = [received("a", DAY, "1.2"), received("a", DAY, "1.3")]
    for order in (tied, tied[::-1]):
        assert count(latest_of_each([first, *order]))["kubernetes"] == {"1.3": UNIT}
