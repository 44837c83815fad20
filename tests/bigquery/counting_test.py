"""The SQL that counts reports, on an emulator that runs it, held to the plain form of the rule."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import date
from itertools import count
from pathlib import Path

import pytest
from google.cloud.bigquery import Table
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from msgspec import structs

from census import Counts, Period, Received, count_keys, count_received
from census.questions import UNIT
from collector.records import DAY_SECONDS, SpooledReport
from collector.warehouse.bigquery import BigQueryTable
from collector.warehouse.bigquery.counting import counting_query
from collector.warehouse.bigquery.releases import prepare_releases
from collector.warehouse.bigquery.state import KNOWN_TABLES_FILE, KnownTables
from report import NamespaceCount, Node, Report, Resource, WorkloadKind, Workloads, encode
from tests.bigquery.emulator import PROJECT, client_of, running_emulator, service_of, write
from tests.censuses import DAYS, FIRST_DAY, censuses

ALL_DAYS = Period(date(2026, 10, 2), date(2026, 10, 5))
HOUR = 3_600
_FULL_NODE = Node(
    **{name: "x" for name in Node.__struct_fields__ if name != "capacity"},
    capacity=(Resource("cpu", "1"),),
)
FULL = Report(
    version="v",
    cluster_id="outside",
    master_version="v1.2",
    nodes=(_FULL_NODE,),
    distribution="x",
    workloads=Workloads(
        namespaces=NamespaceCount(count=1),
        kinds=(WorkloadKind(kind="pods", per_namespace=(1,)),),
    ),
)
OUTSIDE = [Received(FULL, (FIRST_DAY + day) * DAY_SECONDS) for day in (-1, DAYS)]
"""Reports before and after the period. The emulator has no columns that no row filled."""

_numbers = count(1)


@pytest.fixture(scope="module")
def emulator() -> Iterator[str]:
    """The URL of an emulator with a dataset for counting."""
    with running_emulator() as url:
        with closing(client_of(url)) as client:
            client.create_dataset("counting")
        yield url


def new_table() -> BigQueryTable:
    return BigQueryTable(PROJECT, "counting", f"reports{next(_numbers)}")


def spooled(each: Received, key: str | None = None) -> SpooledReport:
    row = next(_numbers)
    return SpooledReport(row, key or f"{row:032x}", each.second, encode(each.report))


def counted(emulator: str, table: BigQueryTable, period: Period = ALL_DAYS) -> Counts:
    with closing(service_of(emulator, table)) as service:
        rows = service.query(counting_query(table, period)).rows
        return plain(count_keys((str(name), str(key), int(str(n))) for name, key, n in rows))


def plain(counts: Counts) -> Counts:
    """Return counts without answers that nobody gave."""
    return {
        name: {answer: units for answer, units in cells.items() if units}
        for name, cells in counts.items()
    }


def assert_counts_as_the_reference(
    emulator: str, data_dir: Path, census: Iterable[Received]
) -> None:
    reports = list(census)
    table = new_table()
    write(emulator, table, data_dir, map(spooled, [*reports, *OUTSIDE]))
    assert counted(emulator, table) == plain(count_received(reports))


def _apart(many: Iterable[Iterable[Received]]) -> Iterator[Received]:
    """Return all reports, with cluster IDs that differ."""
    for number, census in enumerate(many):
        for each in census:
            cluster_id = f"{number}-{each.report.cluster_id}"
            yield each._replace(report=structs.replace(each.report, cluster_id=cluster_id))


# A query takes seconds, so each counts many censuses, and no example is made smaller.
@settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
    ],
)
@given(st.lists(censuses(max_size=8), min_size=1, max_size=15))
def test_counts_are_those_of_the_reference(
    emulator: str, tmp_path: Path, many: list[list[Received]]
) -> None:
    """Whatever reports say, and whenever they were received."""
    assert_counts_as_the_reference(emulator, tmp_path, _apart(many))


def test_the_largest_numbers_are_counted(emulator: str, tmp_path: Path) -> None:
    """What is too large for an integer of 64 bits is the last step, as in the reference."""
    sizes = ("999999999999.999Ei", "999999999999", "8388607.999Ti", "1024Ei", "1e9", "999999999n")
    nodes = [
        Node(id="n", capacity=tuple(Resource(name, size) for name in ("cpu", "memory")))
        for size in sizes
    ]
    reports = [
        Report(version="v", cluster_id=f"{number}-{size}", nodes=(node,) * number)
        for number in (1, 3, 1_000)
        for node, size in zip(nodes, sizes, strict=True)
    ]
    mixed = Report(version="v", cluster_id="mixed", nodes=tuple(nodes))
    census = [
        Received(report, (FIRST_DAY + day) * DAY_SECONDS)
        for report in (*reports, mixed)
        for day in range(2)
    ]
    assert_counts_as_the_reference(emulator, tmp_path, census)


def test_a_giant_cluster_has_one_vote(emulator: str, tmp_path: Path) -> None:
    """Thousands of nodes that differ share one vote, and have as much of all as they like."""
    most = tuple(Resource(name, "999999999999Ei") for name in ("cpu", "memory"))
    nodes = tuple(
        Node(id=str(number), os_image=f"Debian GNU/Linux {number % 150}", capacity=most)
        for number in range(10_000)
    )
    giant = Report(version="v", cluster_id="giant", nodes=nodes)
    days = [Received(giant, (FIRST_DAY + day) * DAY_SECONDS) for day in range(2)]
    assert_counts_as_the_reference(emulator, tmp_path, days)


def test_a_report_that_two_replicas_have_counts_once(emulator: str, tmp_path: Path) -> None:
    """It has the hour in which the first of them received it, as in the view."""
    first_day = FIRST_DAY * DAY_SECONDS

    def received(second: int, version: str) -> Received:
        report = Report(version="v", cluster_id="c", master_version=version)
        return Received(report, first_day + second)

    table = new_table()
    rows = [
        spooled(received(0, "v1.20")),
        spooled(received(DAY_SECONDS + HOUR, "v1.21"), "two"),
        spooled(received(DAY_SECONDS + HOUR, "v1.22"), "three"),
        spooled(received(DAY_SECONDS + 2 * HOUR, "v1.21"), "two"),
    ]
    write(emulator, table, tmp_path, [*rows, *map(spooled, OUTSIDE)])
    assert counted(emulator, table)["kubernetes"] == {"1.21": UNIT // 2, "1.22": UNIT // 2}


def test_rows_of_other_programs_do_no_harm(emulator: str, tmp_path: Path) -> None:
    """Rows that were copied have no key, and each counts; those of the original have no hour,
    and none does.
    """
    table = new_table()
    write(emulator, table, tmp_path, map(spooled, OUTSIDE))
    copied = [
        {"version": "v", "timestamp": "1", "clusterID": "copied", "receivedAt": f"2026-10-0{day}"}
        for day in (2, 3, 3)
    ]
    original = {"version": "v", "timestamp": "1", "clusterID": "original"}
    with closing(client_of(emulator)) as client:
        assert client.insert_rows_json(str(table), [*copied, original, original]) == []
    assert counted(emulator, table)["clusters"] == {"clusters": 2 * (UNIT // 2)}


def test_no_other_day_counts(emulator: str, tmp_path: Path) -> None:
    """A cluster that was heard from on one day of the period, and the hour before or after it."""
    first, after = FIRST_DAY * DAY_SECONDS, (FIRST_DAY + DAYS) * DAY_SECONDS
    seconds = {
        "before": (first - HOUR, first),
        "in": (first, after - HOUR),
        "after": (after - HOUR, after),
    }
    rows = [
        spooled(Received(Report(version="v", cluster_id=name, master_version="v1.30"), second))
        for name, both in seconds.items()
        for second in both
    ]
    table = new_table()
    write(emulator, table, tmp_path, [*rows, *map(spooled, OUTSIDE)])
    assert counted(emulator, table)["clusters"] == {"clusters": UNIT}


def test_releases_are_read_as_they_were_written(emulator: str, tmp_path: Path) -> None:
    """Byte by byte, from the table that is made for them."""
    table = new_table().releases
    known = KnownTables(tmp_path / KNOWN_TABLES_FILE)
    releases = {"2026-10": '{"a": 1.50,\n "ä": "中"}\n', "2026-11": "{}"}
    with closing(service_of(emulator, table)) as service, closing(client_of(emulator)) as client:
        columns = prepare_releases(service, known).columns
        rows = [{"name": name, "release": text} for name, text in releases.items()]
        assert client.insert_rows_json(Table(str(table), schema=columns), rows) == []
        assert {str(name): text for name, text in service.rows(columns)} == releases
