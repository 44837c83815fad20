"""The whole program with BigQuery or another collector behind it: what is down stops no intake."""

import json
from pathlib import Path

import pytest

from collector.main import main
from collector.testing import (
    RunningCollector,
    clusters_in,
    query,
    report_of,
    spooled_in,
    wait_until,
)
from collector.warehouse.bigquery.schema import COLUMNS
from collector.warehouse.bigquery.testing import ALWAYS, WORKLOADS
from tools.bigquery.faults import QUOTA_EXCEEDED, UNAVAILABLE, FaultScript, first, no_faults
from tools.bigquery.messages import JSON, Request
from tools.bigquery.server import FakeBigQuery, running_bigquery
from tools.bigquery.service import Behaviour

TABLE = "project.dataset.reports"
FIRST_RELEASE_COLUMNS: list[JSON] = [field.to_api_repr() for field in COLUMNS[:-1]]
WITH_WORKLOADS = {**report_of("one"), "workloads": WORKLOADS}
DATABASE = ("--database", f"bigquery://{TABLE}")
EMULATOR = "BIGQUERY_EMULATOR_HOST"
LACKING = (
    "the table lacks columns, and these credentials may not add them; what reports hold there is"
    " not kept"
)
AWAY = "the warehouse takes no reports; they wait"


def _clusters(fake: FakeBigQuery) -> list[str]:
    return sorted(str(row["clusterID"]) for row in fake.table(TABLE).view())


def _everything(fault: FaultScript) -> FaultScript:
    """Let every request meet what `fault` says of inserts."""
    return lambda _: fault(Request(method="insertAll"))


def _events(collector: RunningCollector, text: str) -> list[dict[str, object]]:
    return [line for line in collector.log if line.get("event") == text]


def test_a_report_reaches_bigquery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An accepted report is in the table soon, and out of the spool."""
    with running_bigquery() as fake:
        monkeypatch.setenv(EMULATOR, fake.url)
        with RunningCollector(tmp_path, *DATABASE) as collector:
            assert collector.post(report_of("one"))[0] == 204
            wait_until(lambda: spooled_in(tmp_path) == 0)
            assert collector.stop() == 0
        assert _clusters(fake) == ["one"]


def test_an_exhausted_quota_stops_the_drain_and_not_the_intake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the quota is exhausted reports are accepted, and the log says it once; then all go."""
    with running_bigquery() as fake:
        monkeypatch.setenv(EMULATOR, fake.url)
        with RunningCollector(tmp_path, *DATABASE) as collector:
            fake.script = first(ALWAYS, QUOTA_EXCEEDED)
            for number in range(5):
                assert collector.post(report_of(f"c{number}"))[0] == 204
            wait_until(lambda: fake.count("insertAll") >= 3)
            assert collector.request("GET", "/readyz")[0] == 200
            assert spooled_in(tmp_path) == 5
            assert len(_events(collector, AWAY)) == 1
            assert "quota of project" in str(_events(collector, AWAY)[0]["reason"])
            fake.script = no_faults
            wait_until(lambda: spooled_in(tmp_path) == 0)
            assert collector.stop() == 0
            assert len(_events(collector, "the warehouse takes reports again")) == 1
        assert _clusters(fake) == [f"c{number}" for number in range(5)]


def test_a_collector_starts_while_bigquery_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A collector that cannot reach its table at the start says so, and accepts reports."""
    with running_bigquery(script=_everything(first(ALWAYS, UNAVAILABLE))) as fake:
        monkeypatch.setenv(EMULATOR, fake.url)
        with RunningCollector(tmp_path, *DATABASE) as collector:
            assert len(_events(collector, AWAY)) == 1
            assert collector.post(report_of("one"))[0] == 204
            fake.script = no_faults
            wait_until(lambda: spooled_in(tmp_path) == 0)
            assert collector.stop() == 0
        assert _clusters(fake) == ["one"]


def test_a_killed_collector_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was accepted before a SIGKILL is in the view once after a restart."""
    with running_bigquery(behaviour=Behaviour(deduplicates=False)) as fake:
        monkeypatch.setenv(EMULATOR, fake.url)
        expected = []
        for number in range(3):
            with RunningCollector(tmp_path, *DATABASE) as collector:
                for part in range(3):
                    expected.append(f"{number}-{part}")
                    assert collector.post(report_of(expected[-1]))[0] == 204
                collector.kill()
        with RunningCollector(tmp_path, *DATABASE) as collector:
            assert collector.stop() == 0
        assert _clusters(fake) == expected


def test_workloads_that_cannot_be_kept_are_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the table may not be changed, the log says once what is not kept of the reports."""
    behaviour = Behaviour(forbidden=frozenset({"tables.patch"}))
    with running_bigquery(behaviour=behaviour) as fake:
        monkeypatch.setenv(EMULATOR, fake.url)
        fake.service.add(TABLE, {"schema": {"fields": FIRST_RELEASE_COLUMNS}})
        with RunningCollector(tmp_path, *DATABASE) as collector:
            fake.script = first(1, QUOTA_EXCEEDED)  # after which the table is opened anew
            assert collector.post(WITH_WORKLOADS)[0] == 204
            wait_until(lambda: spooled_in(tmp_path) == 0)
            assert collector.stop() == 0
        assert _clusters(fake) == ["one"]
        assert fake.count("tables.patch") == 2
    assert [line["columns"] for line in _events(collector, LACKING)] == [["workloads"]]


def test_workloads_are_passed_on_to_another_collector(tmp_path: Path) -> None:
    """What a report has of workloads is in the database of the collector behind the first."""
    with RunningCollector(tmp_path / "far") as far:
        address = f"http://127.0.0.1:{far.port()}"
        with RunningCollector(tmp_path / "near", "--database", address) as near:
            assert near.post(WITH_WORKLOADS)[0] == 204
            assert near.stop() == 0
        assert far.stop() == 0
    ((kept,),) = query(tmp_path / "far", "SELECT workloads.namespaces::JSON::VARCHAR FROM r")
    assert json.loads(kept) == WORKLOADS["namespaces"]


def test_reports_are_passed_on_to_another_collector(tmp_path: Path) -> None:
    """A report that one collector accepts is in the database of the one behind it, once."""
    with RunningCollector(tmp_path / "far") as far:
        port = next(line["port"] for line in far.log if "port" in line)
        with RunningCollector(tmp_path / "near", "--database", f"http://127.0.0.1:{port}") as near:
            headers = {"Content-Type": "application/json", "Idempotency-Key": "k"}
            for _ in range(2):
                assert near.post(report_of("one"), headers)[0] == 204
            assert near.post(report_of("two"))[0] == 204
            assert near.stop() == 0
        assert far.stop() == 0
    assert clusters_in(tmp_path / "far") == ["one", "two"]


def test_the_view_is_made_by_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """`views` makes the view beside the table, and needs a BigQuery table."""
    statements: list[str] = []

    def query(sql: str) -> tuple[None, int]:
        statements.append(sql)
        return None, 0

    with running_bigquery(behaviour=Behaviour(query=query)) as fake:
        monkeypatch.setenv(EMULATOR, fake.url)
        assert main(["views", *DATABASE]) == 0
    assert statements[0].startswith(f"CREATE OR REPLACE VIEW `{TABLE}_deduplicated`")
    assert main(["views", "--database", "stdout"]) == 1
