"""How BigQuery's failures are told: by whom they can be mended, and without a word of a report."""

import time
from pathlib import Path

import pytest

from collector.drain.supervisor import RestartPolicy
from collector.errors import WarehouseUnavailable
from collector.warehouse.bigquery.retrying import AT_OPENING
from collector.warehouse.bigquery.testing import (
    ALWAYS,
    IMPATIENT,
    TABLE,
    TABLE_ID,
    batch_of,
    dead_letters_in,
    open_database,
    some_reports,
)
from collector.warehouse.bigquery.warehouse import open_bigquery
from tools.bigquery.faults import (
    ACCESS_REVOKED,
    NOT_AUTHENTICATED,
    QUOTA_EXCEEDED,
    Fault,
    HTTPError,
    first,
    no_faults,
)
from tools.bigquery.server import running_bigquery


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (ACCESS_REVOKED, "these credentials may not do that .*bigquery.tables.updateData denied"),
        (NOT_AUTHENTICATED, "credentials that Google accepts"),
        (QUOTA_EXCEEDED, "the quota of project project is exhausted"),
    ],
)
def test_what_only_people_can_change_is_told_at_once(
    tmp_path: Path, fault: Fault, words: str
) -> None:
    """Revoked credentials and an exhausted quota are told without repeating the request."""
    with (
        running_bigquery() as fake,
        open_database(fake.url, tmp_path) as database,
    ):
        fake.script = first(ALWAYS, fault)
        with pytest.raises(WarehouseUnavailable, match=words):
            database.write(batch_of(some_reports(3)))
        assert fake.count("insertAll") == 1
        fake.script = no_faults
        database.write(batch_of(some_reports(3)))
        assert len(fake.table(TABLE_ID).rows) == 3
    assert dead_letters_in(tmp_path) == []


def test_no_error_quotes_a_report(tmp_path: Path) -> None:
    """What BigQuery says about a request, which may quote it, is in no error of ours."""
    with (
        running_bigquery() as fake,
        open_database(fake.url, tmp_path) as database,
    ):
        for status in (400, 409, 413, 500, 503):
            reason = "backendError" if status >= 500 else "invalid"
            fake.script = first(
                ALWAYS, HTTPError(status=status, reason=reason, message="clusterID cluster-0")
            )
            with pytest.raises(WarehouseUnavailable) as unavailable:
                database.write(batch_of(some_reports(1)))
            assert "cluster-0" not in str(unavailable.value)


def test_a_collector_without_bigquery_says_so_before_it_is_given_up(tmp_path: Path) -> None:
    """Where nothing answers at BigQuery's address, opening ends in the time it has."""
    began = time.monotonic()
    with (
        pytest.raises(WarehouseUnavailable, match="BigQuery cannot be reached"),
        open_database("http://127.0.0.1:1", tmp_path),
    ):
        pytest.fail("it must not open")
    assert time.monotonic() - began < RestartPolicy.opening_seconds
    # Nothing listens there; what listens and never answers takes a call longer.
    assert AT_OPENING.retry_seconds + AT_OPENING.call_seconds < RestartPolicy.opening_seconds


def test_missing_credentials_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are no Application Default Credentials, the error says where they were sought."""
    missing = tmp_path / "credentials.json"
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(missing))
    with pytest.raises(WarehouseUnavailable, match=rf"Default Credentials: .*{missing}"):
        open_bigquery(TABLE, data_dir=tmp_path, persistence=IMPATIENT)
