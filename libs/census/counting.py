"""Counting: one vote a question for each cluster that was heard from on two days of a period.

This is the plain form of the rule, to which every faster one is held.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple, TypeAlias

from census.questions import QUESTIONS, Question
from report.codec import encode
from report.schema import Report

Counts: TypeAlias = Mapping[str, Mapping[str, int]]
"""Units by answer, by the name of the question. An answer that nobody gave may be missing."""

DAYS_TO_COUNT: Final = 2
"""On how many distinct days a cluster is heard from before it counts: a test run is not one."""

_SECONDS_A_DAY: Final = 86_400


class Received(NamedTuple):
    """A report, and the UNIX second of its receipt: the beginning of an hour."""

    report: Report
    second: int


def latest_of_each(received: Iterable[Received]) -> list[Report]:
    """Return the latest report of each cluster that counts.

    Of several in one hour it is the one whose bytes are the greatest: nothing that is kept says
    which of them came last, and the answer must not depend on the order of files.
    """
    latest: dict[str, Received] = {}
    days: dict[str, set[int]] = {}
    for each in received:
        cluster_id = each.report.cluster_id
        days.setdefault(cluster_id, set()).add(each.second // _SECONDS_A_DAY)
        before = latest.get(cluster_id)
        if before is None or _is_later(each, before):
            latest[cluster_id] = each
    return [each.report for name, each in latest.items() if len(days[name]) >= DAYS_TO_COUNT]


def _is_later(one: Received, other: Received) -> bool:
    if one.second != other.second:
        return one.second > other.second
    return encode(one.report) > encode(other.report)


def count(reports: Iterable[Report], questions: Iterable[Question] = QUESTIONS) -> Counts:
    """Add up the votes of clusters, each given by one report."""
    asked = tuple(questions)
    counts: dict[str, dict[str, int]] = {each.name: {} for each in asked}
    for report in reports:
        for question in asked:
            cells = counts[question.name]
            for answer, units in question.vote(report).items():
                cells[answer] = cells.get(answer, 0) + units
    return counts
