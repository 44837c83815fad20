"""The whole program with BigQuery behind it: what is counted there is published, once for all."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from census.questions import UNIT
from collector.publishing.store import RELEASES_FOLDER
from collector.telemetry.admin_client import AdminClient
from collector.telemetry.admin_server import SOCKET_NAME
from collector.testing import RunningCollector, wait_until
from collector.warehouse.bigquery import EMULATOR
from collector.warehouse.bigquery.testing import TABLE
from tools.bigquery.faults import ACCESS_REVOKED, INSERT, FaultScript, always, no_faults
from tools.bigquery.messages import Request
from tools.bigquery.server import FakeBigQuery, running_bigquery
from tools.bigquery.service import Behaviour

QUERY = "queries.insert"
COUNTED = Behaviour(
    polls=0,
    count=lambda _: (("clusters", "clusters", 3_000 * UNIT), ("kubernetes", "1.30", 3_000 * UNIT)),
)
LAST_MONTHS = datetime.now(UTC).date().replace(day=1) - timedelta(days=40)
NAME = f"{LAST_MONTHS:%Y-%m}"
"""The latest month whose release is due for certain: the last one may be too."""

FLAGS = ("--database", TABLE.text, "--publish", "monthly", "--publish-since", NAME)
PATH = f"/api/v1/statistics/{NAME}"


def _publishes(collector: RunningCollector) -> bool:
    return collector.request("GET", PATH)[0] == 200


def _metric(collector: RunningCollector, name: str) -> float:
    samples = AdminClient(collector.data_dir / SOCKET_NAME).samples()
    return samples.value(f"spartakus_{name}") or 0.0


def _billed(collector: RunningCollector) -> float:
    return _metric(collector, "release_bytes_billed_total")


def _has_published(collector: RunningCollector) -> bool:
    """Return whether all that is due is published."""
    return _metric(collector, "release_due_timestamp_seconds") > 0


def _kept(fake: FakeBigQuery) -> dict[str, bytes]:
    rows = fake.table(str(TABLE.releases)).rows
    releases = {f"{row['name']}.json": str(row["release"]).encode() for row in rows}
    assert len(releases) == len(rows)
    return releases


def _files(data_dir: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (data_dir / RELEASES_FOLDER).glob("*.json")}


def _loads_nothing(fake: FakeBigQuery) -> FaultScript:
    """Keep load jobs from coming to their end."""

    def script(_: Request) -> None:
        for job in fake.service.jobs.values():
            job.polls_left = 1

    return script


def test_what_bigquery_counted_is_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release is served, is in the table byte by byte, and its cost is logged and measured."""
    with running_bigquery(behaviour=COUNTED) as fake:
        monkeypatch.setenv(EMULATOR, fake.url)
        with RunningCollector(tmp_path, *FLAGS) as collector:
            wait_until(lambda: _publishes(collector))
            release = collector.request("GET", PATH)[1]
            assert release["firstDay"] == f"{NAME}-01"
            assert 2_800 < float(str(release["clusters"])) < 3_200
            wait_until(lambda: _billed(collector) == fake.count(QUERY) * COUNTED.bytes_billed)
            made = [line for line in collector.log if line.get("event") == "a release was made"]
            assert {line["bytes_billed"] for line in made} == {COUNTED.bytes_billed}
            assert len(made) == fake.count(QUERY)
            assert collector.stop() == 0
        assert _kept(fake) == _files(tmp_path)


def test_replicas_publish_one_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Collectors that make a release at the same time publish the same; one that comes later
    publishes it too, and counts nothing.
    """
    folders = [tmp_path / name for name in ("one", "two", "three")]
    with running_bigquery(behaviour=replace(COUNTED, polls=1)) as fake:
        monkeypatch.setenv(EMULATOR, fake.url)
        with (
            RunningCollector(folders[0], *FLAGS) as one,
            RunningCollector(folders[1], *FLAGS) as two,
        ):
            wait_until(lambda: _has_published(one) and _has_published(two))
            assert one.stop() == 0
            assert two.stop() == 0
        counted = fake.count(QUERY)
        with RunningCollector(folders[2], *FLAGS) as three:
            wait_until(lambda: _has_published(three))
            assert _publishes(three)
            assert three.stop() == 0
        assert fake.count(QUERY) == counted
        kept = _kept(fake)
        assert all(_files(folder) == kept for folder in folders)


def test_a_release_that_was_under_way_is_the_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A collector that is killed while its release is being loaded publishes that one later."""
    with running_bigquery(behaviour=COUNTED) as fake:
        monkeypatch.setenv(EMULATOR, fake.url)
        fake.script = _loads_nothing(fake)
        with RunningCollector(tmp_path, *FLAGS) as collector:
            wait_until(lambda: fake.count(INSERT) == 1)
            collector.kill()
        assert _kept(fake) == _files(tmp_path) == {}
        (job,) = fake.service.jobs.values()
        fake.script = no_faults
        with RunningCollector(tmp_path, *FLAGS) as collector:
            wait_until(lambda: _has_published(collector))
            assert collector.stop() == 0
        kept = _kept(fake)
        assert kept[f"{NAME}.json"] == json.loads(job.data)["release"].encode()
        assert _files(tmp_path) == kept
        assert fake.count(INSERT) == len(kept)


def test_what_is_counted_in_vain_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the release cannot be kept, nothing is published, and what was billed still counts."""
    with running_bigquery(behaviour=COUNTED) as fake:
        monkeypatch.setenv(EMULATOR, fake.url)
        fake.script = always(ACCESS_REVOKED, method=INSERT)
        with RunningCollector(tmp_path, *FLAGS) as collector:
            wait_until(lambda: _billed(collector) == COUNTED.bytes_billed)
            assert not _publishes(collector)
            assert fake.count(QUERY) == 1
            fake.script = no_faults
            assert collector.stop() == 0
        assert _kept(fake) == _files(tmp_path) == {}
