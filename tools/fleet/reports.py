"""What a fleet reports, month by month: each cluster once a week."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Final

import msgspec

import report
from collector.records import DAY_SECONDS, SpooledReport
from report import Report
from tools.fleet.clusters import Cluster
from tools.simulator.draws import Draws

VERSION: Final = "v2.0.0"
_EPOCH: Final = date(1970, 1, 1)
_HOUR_SECONDS: Final = 3_600
_WEEK: Final = 7
# Of a hundred clusters there at the end, how many left in each month before.
_LEFT_A_MONTH: Final = 2


def fleet(clusters: int, *, months: int, seed: int, today: date) -> list[Cluster]:
    """Return a fleet of `clusters` that are there today, and those that left in `months` before."""
    origin = today.replace(day=1)
    there = [Cluster(number, seed=seed, origin=origin, months=months) for number in range(clusters)]
    gone = clusters * months * _LEFT_A_MONTH // 100
    return there + [
        Cluster(number, seed=seed, origin=origin, months=months, leaves=True)
        for number in range(clusters, clusters + gone)
    ]


def report_of(cluster: Cluster, day: date, *, timestamp: int) -> Report:
    """Return what a cluster reports on a day, through the anonymiser."""
    anonymised = report.anonymise(
        cluster.observe(day),
        pseudonyms=cluster.pseudonyms,
        version=VERSION,
        timestamp=timestamp,
    )
    return anonymised.report


def past_reports(
    clusters: Sequence[Cluster], *, months: int, today: date
) -> Iterator[SpooledReport]:
    """Return what a collector kept of a fleet until yesterday, day by day, rows numbered from 1.

    What a cluster is like is looked up once a month: it reports the same each week.
    """
    row_id = 0
    for first, last in days_of_months(today, months):
        for day, reports in sorted(_reports_by_day(clusters, first, last).items()):
            for hour, made in reports:
                row_id += 1
                received_at = (day - _EPOCH).days * DAY_SECONDS + hour * _HOUR_SECONDS
                stamped = msgspec.structs.replace(made, timestamp=str(received_at))
                key = Draws("report", made.cluster_id, received_at).hexadecimal(32)
                yield SpooledReport(row_id, key, received_at, report.encode(stamped))


def days_of_months(today: date, months: int) -> list[tuple[date, date]]:
    """Return first and last days: of so many months before today's, and of this one until today."""
    begin, end = today.replace(day=1), today
    found = []
    for _ in range(months + 1):
        found.append((begin, end - timedelta(days=1)))
        begin, end = (begin - timedelta(days=1)).replace(day=1), begin
    return found[::-1]


def _reports_by_day(
    clusters: Iterable[Cluster], first: date, last: date
) -> dict[date, Sequence[tuple[int, Report]]]:
    by_day: defaultdict[date, list[tuple[int, Report]]] = defaultdict(list)
    for cluster in clusters:
        draws = Draws("week", cluster.pseudonyms.cluster_id)
        phase, hour = draws.number(_WEEK), draws.number(24)
        days = [
            day
            for day in (first + timedelta(days=each) for each in range((last - first).days + 1))
            if day.toordinal() % _WEEK == phase and cluster.is_there(day)
        ]
        if days:
            made = report_of(cluster, days[0], timestamp=0)
            for day in days:
                by_day[day].append((hour, made))
    return dict(by_day)
