"""Counting: one vote a question for each cluster that was heard from on two days of a period.

This is the plain form of the rule, to which the databases' are held.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple, TypeAlias

from census.questions import QUESTIONS, Question
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


def count_received(
    received: Iterable[Received], questions: Iterable[Question] = QUESTIONS
) -> Counts:
    """Add up the votes of the clusters in all reports of a period, in whatever order.

    A cluster votes by the reports of the latest hour in which it was heard from, in equal parts:
    receipt is kept by the hour, so nothing says which of them came last.
    """
    latest: dict[str, list[Received]] = {}
    days: dict[str, set[int]] = {}
    for each in received:
        cluster_id = each.report.cluster_id
        days.setdefault(cluster_id, set()).add(each.second // _SECONDS_A_DAY)
        hour = latest.setdefault(cluster_id, [])
        if hour and each.second > hour[0].second:
            hour.clear()
        if not hour or each.second == hour[0].second:
            hour.append(each)
    votes = [
        (each.report, len(hour))
        for cluster_id, hour in latest.items()
        if len(days[cluster_id]) >= DAYS_TO_COUNT
        for each in hour
    ]
    return _added(votes, questions)


def count(reports: Iterable[Report], questions: Iterable[Question] = QUESTIONS) -> Counts:
    """Add up the votes of clusters, each given by one report."""
    return _added(((each, 1) for each in reports), questions)


def _added(votes: Iterable[tuple[Report, int]], questions: Iterable[Question]) -> Counts:
    """Add up votes, each of a report that has one of so many parts of it."""
    asked = tuple(questions)
    counts: dict[str, dict[str, int]] = {each.name: {} for each in asked}
    for report, parts in votes:
        for question in asked:
            cells = counts[question.name]
            for answer, units in question.vote(report, parts=parts).items():
                cells[answer] = cells.get(answer, 0) + units
    return counts


def count_keys(
    rows: Iterable[tuple[str, str, int]], questions: Iterable[Question] = QUESTIONS
) -> Counts:
    """Add up what a database counted: units by the name of a question and a key of it."""
    asked = {each.name: each for each in questions}
    counts: dict[str, dict[str, int]] = {name: {} for name in asked}
    for name, key, units in rows:
        cells, answer = counts[name], asked[name].answer(key)
        cells[answer] = cells.get(answer, 0) + units
    return counts
