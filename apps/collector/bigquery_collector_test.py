"""The whole program with BigQuery or another collector behind it: what is down stops no intake."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from collector.main import main
from collector.testing import RunningCollector, report_of, spooled_in, wait_until
from collector.warehouse.bigquery.testing import ORIGINAL_COLUMNS, keys_in
from collector.warehouse.testing import WORKLOADS, dead_letters_in
from tools.bigquery.faults import INSERT, QUOTA_EXCEEDED, UNAVAILABLE, always, first, no_faults
from tools.bigquery.messages import JSONObject
from tools.bigquery.server import FakeBigQuery, running_bigquery
from tools.bigquery.service import Behaviour

TABLE = "project.dataset.reports"
ORIGINAL: JSONObject = {"schema": {"fields": [*ORIGINAL_COLUMNS]}}
WITH_WORKLOADS = {**report_of("one"), "workloads": WORKLOADS}
DATABASE = ("--database", f"bigquery://{TABLE}")
EMULATOR = "BIGQUERY_EMULATOR_HOST"
LACKING = (
    "the table lacks columns, and these credentials may not add them; what reports hold there is"
    " not kept"
)
AWAY = "the warehouse takes no reports; they wait"
AT_ONCE = Behaviour(polls=0)
EXHAUSTED = replace(QUOTA_EXCEEDED, retry_after_seconds=1)


def _clusters(fake: FakeBigQuery) -> list[str]:
    return sorted(str(row["clusterID"]) for row in fake.table(TABLE).rows)


def _printed(collector: RunningCollector) -> list[dict[str, object]]:
    """Return the reports that a collector which ended wrote to its standard output."""
    assert collector.process.stdout is not None
    return [json.loads(line) for line in collector.process.stdout]


def _events(collector: RunningCollector, text: str) -> list[dict[str, object]]:
    return [line for line in collector.log if line.get("event") == text]


def test_a_report_reaches_bigquery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An accepted report is in the table soon, and out of the spool."""
    with running_bigquery(behaviour=AT_ONCE) as fake:
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
    with running_bigquery(behaviour=AT_ONCE) as fake:
        monkeypatch.setenv(EMULATOR, fake.url)
        with RunningCollector(tmp_path, *DATABASE) as collector:
            fake.script = always(EXHAUSTED, method=INSERT)
            for number in range(5):
                assert collector.post(report_of(f"c{number}"))[0] == 204
            wait_until(lambda: fake.count(INSERT) >= 3)
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
    with running_bigquery(behaviour=AT_ONCE, script=always(UNAVAILABLE)) as fake:
        monkeypatch.setenv(EMULATOR, fake.url)
        with RunningCollector(tmp_path, *DATABASE) as collector:
            assert len(_events(collector, AWAY)) == 1
            assert collector.post(report_of("one"))[0] == 204
            fake.script = no_faults
            assert collector.stop() == 0
        assert _clusters(fake) == ["one"]


def test_a_killed_collector_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was accepted before a SIGKILL is in the table itself once after a restart."""
    with running_bigquery(behaviour=AT_ONCE) as fake:
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


def test_a_job_a_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports wait for others to join their batch, and SIGTERM loads what waits by one job."""
    with running_bigquery(behaviour=AT_ONCE) as fake:
        monkeypatch.setenv(EMULATOR, fake.url)
        with RunningCollector(tmp_path, *DATABASE, "--batch-seconds", "60") as collector:
            for number in range(20):
                assert collector.post(report_of(f"c{number:02}"))[0] == 204
            assert fake.count(INSERT) == 0
            assert collector.stop() == 0
        assert _clusters(fake) == [f"c{number:02}" for number in range(20)]
        assert fake.count(INSERT) == 1


def test_a_refused_report_stops_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report that BigQuery refuses becomes a dead letter, and all others are in the table."""
    behaviour = replace(AT_ONCE, poison=lambda row: "bad" if row["clusterID"] == "c3" else None)
    with running_bigquery(behaviour=behaviour) as fake:
        monkeypatch.setenv(EMULATOR, fake.url)
        with RunningCollector(tmp_path, *DATABASE, "--batch-seconds", "60") as collector:
            for number in range(6):
                assert collector.post(report_of(f"c{number}"))[0] == 204
            assert collector.stop() == 0
            assert "c3" not in str(collector.log)
        assert _clusters(fake) == ["c0", "c1", "c2", "c4", "c5"]
        assert set(keys_in(fake.table(TABLE).rows).values()) == {1}
    (letter,) = dead_letters_in(tmp_path)
    assert b'"c3"' in letter.encoded
    assert letter.reason.endswith(": bad")


def test_columns_that_are_missing_are_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the table may not be changed, the log says once what is not kept of the reports."""
    behaviour = replace(AT_ONCE, forbidden=frozenset({"tables.patch"}))
    with running_bigquery(behaviour=behaviour) as fake:
        monkeypatch.setenv(EMULATOR, fake.url)
        fake.service.add(TABLE, ORIGINAL)
        with RunningCollector(tmp_path, *DATABASE) as collector:
            fake.script = first(1, EXHAUSTED)  # after which the table is opened again
            assert collector.post(WITH_WORKLOADS)[0] == 204
            wait_until(lambda: spooled_in(tmp_path) == 0)
            assert collector.stop() == 0
        assert _clusters(fake) == ["one"]
        assert fake.count("tables.patch") == 2
    (said,) = _events(collector, LACKING)
    columns = said["columns"]
    assert isinstance(columns, list)
    assert {"workloads", "reportKey", "receivedAt"} <= set(columns)


def test_workloads_are_passed_on_to_another_collector(tmp_path: Path) -> None:
    """What a report has of workloads reaches the collector behind the first."""
    with RunningCollector(tmp_path / "far", "--database", "stdout") as far:
        address = f"http://127.0.0.1:{far.port()}"
        with RunningCollector(tmp_path / "near", "--database", address) as near:
            assert near.post(WITH_WORKLOADS)[0] == 204
            assert near.stop() == 0
        assert far.stop() == 0
        (kept,) = _printed(far)
    assert kept["workloads"] == WORKLOADS


def test_reports_are_passed_on_to_another_collector(tmp_path: Path) -> None:
    """A report that one collector accepts reaches the one behind it, once."""
    with RunningCollector(tmp_path / "far", "--database", "stdout") as far:
        address = f"http://127.0.0.1:{far.port()}"
        with RunningCollector(tmp_path / "near", "--database", address) as near:
            headers = {"Content-Type": "application/json", "Idempotency-Key": "k"}
            for _ in range(2):
                assert near.post(report_of("one"), headers)[0] == 204
            assert near.post(report_of("two"))[0] == 204
            assert near.stop() == 0
        assert far.stop() == 0
        assert sorted(str(each["clusterID"]) for each in _printed(far)) == ["one", "two"]


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
    assert main(["views", "--database", "stdout"]) == 2
