"""How BigQuery's failures are reported: who can fix them, and without a word of a report."""

import time
from pathlib import Path

import pytest

from collector.drain.supervisor import RestartPolicy
from collector.errors import WarehouseUnavailable
from collector.warehouse.bigquery.outcomes import QUOTA_SECONDS
from collector.warehouse.bigquery.service import DEADLINES
from collector.warehouse.bigquery.testing import TABLE, TABLE_ID, opened
from collector.warehouse.bigquery.warehouse import open_bigquery
from collector.warehouse.testing import batch_of, dead_letters_in, some_reports
from tools.bigquery.faults import (
    ACCESS_REVOKED,
    NOT_AUTHENTICATED,
    QUOTA_EXCEEDED,
    RATE_EXCEEDED,
    SERVER_ERROR,
    UNAVAILABLE,
    Fault,
    Garbage,
    HTTPError,
    ProxyError,
    Reset,
    Silence,
    always,
    first,
    no_faults,
    too_many_requests,
)
from tools.bigquery.server import running_bigquery


@pytest.mark.parametrize(
    ("fault", "words", "retry_after"),
    [
        (ACCESS_REVOKED, "may not do that .*bigquery.tables.updateData denied", None),
        (NOT_AUTHENTICATED, "credentials that Google accepts", None),
        (QUOTA_EXCEEDED, "the quota of project project is exhausted", QUOTA_SECONDS),
        (RATE_EXCEEDED, "BigQuery cannot do that now .*rateLimitExceeded", None),
        (too_many_requests(7), "HTTP 429 rateLimitExceeded", 7.0),
        (too_many_requests(), "HTTP 429 rateLimitExceeded", None),
        (SERVER_ERROR, "HTTP 500 internalError", None),
        (UNAVAILABLE, "HTTP 503 backendError", None),
        (ProxyError(status=502), "HTTP 502", None),
        (ProxyError(status=200), "answers nonsense", None),
        (Garbage(), "answers nonsense", None),
        (Garbage(body=b"{}"), "answers nonsense|cannot be found", None),
        (Garbage(body=b"[]"), "answers nonsense", None),
        (Reset(), "cannot be reached", None),
        (Silence(), "does not answer", None),
    ],
)
@pytest.mark.parametrize("method", ["jobs.insert", "jobs.get"])
def test_each_failure_is_reported_once_and_has_its_time(
    tmp_path: Path, fault: Fault, words: str, retry_after: float | None, method: str
) -> None:
    """A request that fails is not repeated; the error says why, and when to try again."""
    with running_bigquery() as fake, opened(fake.url, tmp_path) as warehouse:
        fake.script = first(1, fault, method=method)
        with pytest.raises(WarehouseUnavailable, match=words) as unavailable:
            warehouse.write(batch_of(some_reports(3)))
        assert unavailable.value.retry_after == retry_after
        assert fake.count(method) == 1
        warehouse.write(batch_of(some_reports(3)))
        assert len(fake.table(TABLE_ID).rows) == 3
    assert dead_letters_in(tmp_path) == []


def test_no_error_quotes_a_report(tmp_path: Path) -> None:
    """What BigQuery says about a request, which may quote it, is in no error of ours."""
    with running_bigquery() as fake, opened(fake.url, tmp_path) as warehouse:
        for status in (400, 412, 413, 500, 503):
            reason = "backendError" if status >= 500 else "invalid"
            fake.script = always(
                HTTPError(status=status, reason=reason, message="clusterID cluster-1")
            )
            with pytest.raises(WarehouseUnavailable) as unavailable:
                warehouse.write(batch_of(some_reports(1)))
            assert "cluster-1" not in str(unavailable.value)
        fake.script = no_faults


def test_a_collector_without_bigquery_says_so_before_it_is_given_up(tmp_path: Path) -> None:
    """Where nothing answers at BigQuery's address, opening ends in the time it has."""
    began = time.monotonic()
    with (
        pytest.raises(WarehouseUnavailable, match="BigQuery cannot be reached"),
        opened("http://127.0.0.1:1", tmp_path),
    ):
        pytest.fail("it must not open")
    assert time.monotonic() - began < RestartPolicy.opening_seconds
    # Nothing listens there; what listens and never answers takes a call longer.
    assert DEADLINES.call < RestartPolicy.opening_seconds


@pytest.mark.parametrize(
    "url", ["emulator", "localhost:9050", "http://", "http://[", "ftp://localhost:1"]
)
def test_an_emulator_that_is_no_url_is_reported(tmp_path: Path, url: str) -> None:
    """Where the variable for an emulator holds no URL, the error names it and its form."""
    with (
        pytest.raises(WarehouseUnavailable, match="BIGQUERY_EMULATOR_HOST is given as http://"),
        opened(url, tmp_path),
    ):
        pytest.fail("it must not open")


def test_missing_credentials_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are no Application Default Credentials, the error says where they were sought."""
    missing = tmp_path / "credentials.json"
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(missing))
    with pytest.raises(WarehouseUnavailable, match=rf"Default Credentials: .*{missing}"):
        open_bigquery(TABLE, data_dir=tmp_path)
