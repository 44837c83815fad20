"""When clusters report."""

from collections import defaultdict
from datetime import UTC, date, datetime

import report
from tools.fleet.reports import fleet, past_reports

TODAY = date(2026, 3, 10)
CLUSTERS = fleet(40, months=2, seed=3, today=TODAY)
PAST = list(past_reports(CLUSTERS, months=2, today=TODAY))


def days_by_cluster() -> dict[str, list[date]]:
    """Return the days on which each cluster was heard from."""
    found: defaultdict[str, list[date]] = defaultdict(list)
    for each in PAST:
        day = datetime.fromtimestamp(each.received_at, UTC).date()
        found[report.decode(each.encoded).cluster_id].append(day)
    return found


def test_rows() -> None:
    """Reports come by day, with rows numbered from 1 and a key for each."""
    assert [each.row_id for each in PAST] == list(range(1, len(PAST) + 1))
    assert [each.day for each in PAST] == sorted(each.day for each in PAST)
    assert len({each.report_key for each in PAST}) == len(PAST)


def test_days() -> None:
    """They are of the months before, and of this one until yesterday; at a whole hour."""
    days = {day for each in days_by_cluster().values() for day in each}
    assert min(days) <= date(2026, 1, 7)
    assert max(days) == date(2026, 3, 9)
    assert all(each.received_at % 3_600 == 0 for each in PAST)


def test_stamps() -> None:
    """A report holds the hour of its receipt, as a collector would have stamped it."""
    assert all(report.decode(each.encoded).timestamp == str(each.received_at) for each in PAST)


def test_weekly() -> None:
    """A cluster that is there all month is heard from on four days or five, a week apart."""
    heard = days_by_cluster()
    whole = [each for each in CLUSTERS if each.is_there(date(2026, 1, 1)) and each.left is None]
    for cluster in whole:
        days = [day for day in heard[cluster.pseudonyms.cluster_id] if day < date(2026, 2, 1)]
        assert len(days) in {4, 5}
        assert {day.weekday() for day in days} == {days[0].weekday()}
    assert len(whole) > 20


def test_only_while_there() -> None:
    """Nothing comes from a cluster before it joined, or after it left."""
    heard = days_by_cluster()
    assert any(each.left for each in CLUSTERS)
    for cluster in CLUSTERS:
        assert all(cluster.is_there(day) for day in heard[cluster.pseudonyms.cluster_id])


def test_first_of_a_month() -> None:
    """On the first day of a month that month has nothing yet."""
    days = {each.day for each in past_reports(CLUSTERS, months=1, today=date(2026, 3, 1))}
    last = datetime.fromtimestamp(max(days) * 86_400, UTC).date()
    assert last == date(2026, 2, 28)
