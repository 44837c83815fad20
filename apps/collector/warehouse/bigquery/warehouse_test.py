"""Batches on their way into a table, and what a repeated one does: Google's client and the fake."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from collector.errors import WarehouseUnavailable, WarehouseUnusable
from collector.records import RowRange, SpooledReport
from collector.warehouse.bigquery.state import KNOWN_TABLES_FILE, PENDING_LOAD_FILE
from collector.warehouse.bigquery.testing import TABLE_ID, keys_in, opened
from collector.warehouse.dead_letters import DEAD_LETTERS_FILE
from collector.warehouse.testing import batch_of, keys_of, some_reports, spooled
from tools.bigquery.faults import HTTPError, JobError, Reset, Silence, first, no_faults
from tools.bigquery.server import FakeBigQuery, running_bigquery
from tools.bigquery.service import Behaviour

INSERT = "jobs.insert"
NEVER_ENDS = 10**9
REPORTS = some_reports(5)


def _write(fake: FakeBigQuery, data_dir: Path, reports: Iterable[SpooledReport]) -> None:
    """Write a batch as a collector does that was just started."""
    with opened(fake.url, data_dir) as warehouse:
        warehouse.write(batch_of(reports))


def _fail(fake: FakeBigQuery, data_dir: Path, reports: Iterable[SpooledReport]) -> None:
    """Write a batch that is not known to be written."""
    with pytest.raises(WarehouseUnavailable):
        _write(fake, data_dir, reports)
    fake.script = no_faults


def _other(number: int) -> SpooledReport:
    """Return a report that has the number of one of `REPORTS`, and is another."""
    plain = spooled(number, cluster_id=f"other-{number}")
    return SpooledReport(number, f"{number + 1_000:032x}", plain.received_at, plain.encoded)


def _once(reports: Iterable[SpooledReport]) -> Counter[str]:
    return Counter(keys_of(reports))


def _kept(fake: FakeBigQuery) -> Counter[str]:
    return keys_in(fake.table(TABLE_ID).rows)


def test_a_batch_is_one_job(tmp_path: Path) -> None:
    """Each report of a batch is a row, under its key, and one job loads them all."""
    reports = some_reports(1_100)
    with running_bigquery() as fake:
        _write(fake, tmp_path, reports)
        assert _kept(fake) == _once(reports)
        assert fake.count(INSERT) == 1
        row = fake.table(TABLE_ID).rows[0]
    assert row["receivedAt"] == "2026-11-23T07:00:00Z"
    assert row["nodes"] == [{"id": "0" * 32, "capacity": [{"resource": "cpu", "value": "4"}]}]


def test_a_large_batch_is_uploaded_in_pieces(tmp_path: Path) -> None:
    """Reports of 8 MiB, in a script that escaping would double, are loaded by one job."""
    text = '{{"version":"v","timestamp":"0","clusterID":"c","masterVersion":"{}"}}'
    encoded = text.format("中" * ((8 * 1024 * 1024 - 100) // 3)).encode()
    reports = [SpooledReport(number, f"{number:032x}", 0, encoded) for number in (1, 2)]
    with running_bigquery() as fake:
        _write(fake, tmp_path, reports)
        assert _kept(fake) == _once(reports)
        assert (fake.count("upload.begin"), fake.count(INSERT)) == (1, 1)


@pytest.mark.parametrize("fault", [Reset(applied=True), Silence(applied=True)])
def test_a_lost_answer_doubles_nothing(tmp_path: Path, fault: Reset | Silence) -> None:
    """A batch whose job was accepted without an answer is not loaded again after a restart."""
    with running_bigquery(script=first(1, fault)) as fake:
        _fail(fake, tmp_path, REPORTS)
        _write(fake, tmp_path, REPORTS)
        assert _kept(fake) == _once(REPORTS)
        assert len(fake.service.jobs) == 1


@pytest.mark.parametrize("fault", [Reset(), Silence()])
def test_a_lost_request_loses_nothing(tmp_path: Path, fault: Reset | Silence) -> None:
    """A batch whose job was never accepted is loaded after a restart, under the same ID."""
    with running_bigquery(script=first(1, fault)) as fake:
        _fail(fake, tmp_path, REPORTS)
        assert fake.service.jobs == {}
        _write(fake, tmp_path, REPORTS)
        assert _kept(fake) == _once(REPORTS)
        (job_id,) = fake.service.jobs
    assert batch_of(REPORTS).identity in job_id


def test_a_batch_that_was_written_is_not_written_again(tmp_path: Path) -> None:
    """A collector that dies before it deletes what it wrote writes the same batch to no effect."""
    with running_bigquery() as fake:
        _write(fake, tmp_path, REPORTS)
        _write(fake, tmp_path, REPORTS)
        assert _kept(fake) == _once(REPORTS)
        assert fake.count(INSERT) == 1


def test_a_job_that_was_accepted_meanwhile_is_as_good(tmp_path: Path) -> None:
    """Where BigQuery answers that there is a job of that ID, it is the one that counts."""
    with running_bigquery(script=first(1, Reset(applied=True))) as fake:
        _fail(fake, tmp_path, REPORTS)
        not_found = HTTPError(status=404, reason="notFound", message="Not found: Job")
        fake.script = first(1, not_found, method="jobs.get")
        _write(fake, tmp_path, REPORTS)
        assert fake.count(INSERT) == 2
        assert _kept(fake) == _once(REPORTS)


def test_what_is_pending_is_known_after_a_restart(tmp_path: Path) -> None:
    """The rows of a pending batch are reported for the spool that they are of, and no other."""
    with running_bigquery(script=first(1, Reset(applied=True))) as fake:
        with opened(fake.url, tmp_path) as warehouse:
            assert warehouse.pending("spool") is None
        _fail(fake, tmp_path, REPORTS)
        with opened(fake.url, tmp_path) as warehouse:
            assert warehouse.pending("spool") == RowRange(1, 5)
            assert warehouse.pending("another") is None


def test_the_bounds_are_on_disk_before_the_job_is_submitted(tmp_path: Path) -> None:
    """When BigQuery hears of a job, the file beside the spool names its rows."""
    found: list[bool] = []
    with running_bigquery() as fake:
        fake.script = lambda request: (
            found.append((tmp_path / PENDING_LOAD_FILE).exists())
            if request.method == INSERT
            else None
        )
        _write(fake, tmp_path, REPORTS)
    assert found == [True]


def test_other_rows_never_go_under_an_old_id(tmp_path: Path) -> None:
    """Reports that have the row numbers of others, after a restore, are all loaded."""
    others = [_other(number) for number in range(1, 6)]
    with running_bigquery() as fake:
        _write(fake, tmp_path, REPORTS)
        _write(fake, tmp_path, others)
        assert _kept(fake) == _once([*REPORTS, *others])


def test_a_restored_spool_loads_what_is_new_in_a_batch_only(tmp_path: Path) -> None:
    """Where some rows of a batch that was loaded are others now, those alone are loaded."""
    mixed = [*REPORTS[:3], _other(4), _other(5)]
    with running_bigquery(script=first(1, Reset(applied=True))) as fake:
        _fail(fake, tmp_path, REPORTS)
        _write(fake, tmp_path, mixed)
        assert _kept(fake) == _once([*REPORTS, _other(4), _other(5)])


def test_a_restored_directory_goes_on_as_it_was(tmp_path: Path) -> None:
    """A copy of the data directory from before an answer was lost loads nothing twice."""
    copy = tmp_path / "copy"
    copy.mkdir()
    with running_bigquery(script=first(1, Reset())) as fake:
        _fail(fake, tmp_path, REPORTS)
        (copy / PENDING_LOAD_FILE).write_bytes((tmp_path / PENDING_LOAD_FILE).read_bytes())
        _write(fake, tmp_path, REPORTS)
        _write(fake, copy, REPORTS)
        assert _kept(fake) == _once(REPORTS)


@pytest.mark.parametrize("applied", [True, False])
def test_rows_that_were_forgotten_double_no_others(tmp_path: Path, *, applied: bool) -> None:
    """Where a row of a pending batch is gone, the others are in the table once."""
    left = [each for each in REPORTS if each.row_id != 3]
    with running_bigquery(script=first(1, Reset(applied=applied))) as fake:
        _fail(fake, tmp_path, REPORTS)
        _write(fake, tmp_path, left)
        _write(fake, tmp_path, left)
        assert _kept(fake) == _once(REPORTS if applied else left)


def test_a_job_that_takes_long_is_asked_for_again(tmp_path: Path) -> None:
    """A job that does not end in time is left alone, and no other is submitted for its rows."""
    with running_bigquery(behaviour=Behaviour(polls=NEVER_ENDS)) as fake:
        _fail(fake, tmp_path, REPORTS)
        _fail(fake, tmp_path, REPORTS[:3])
        (job,) = fake.service.jobs.values()
        job.polls_left = 0
        _write(fake, tmp_path, REPORTS)
        assert _kept(fake) == _once(REPORTS)
        assert fake.count(INSERT) == 1


@pytest.mark.parametrize("reason", ["backendError", "quotaExceeded", "invalid", "notFound"])
def test_a_job_that_failed_is_tried_again_under_another_id(tmp_path: Path, reason: str) -> None:
    """Where a job ends in an error that names no row, the same rows get another job."""
    with running_bigquery(script=first(2, JobError(reason=reason))) as fake:
        _fail(fake, tmp_path, REPORTS)
        fake.script = first(1, JobError(reason=reason))
        _fail(fake, tmp_path, REPORTS)
        _write(fake, tmp_path, REPORTS)
        _write(fake, tmp_path, REPORTS)
        assert _kept(fake) == _once(REPORTS)
        assert len(fake.service.jobs) == 3


def test_failures_that_were_forgotten_are_found_again(tmp_path: Path) -> None:
    """Without the file, a batch finds its failed jobs one by one, and is loaded once."""
    with running_bigquery(script=first(1, JobError(reason="backendError"))) as fake:
        _fail(fake, tmp_path, REPORTS)
        _write(fake, tmp_path, REPORTS)
        (tmp_path / PENDING_LOAD_FILE).unlink()
        _write(fake, tmp_path, REPORTS)
        assert _kept(fake) == _once(REPORTS)


def test_a_job_of_another_table_is_not_ours(tmp_path: Path) -> None:
    """A job that somebody else put under our ID does not stand for our rows."""
    with running_bigquery(script=first(1, Reset(applied=True))) as fake:
        _fail(fake, tmp_path, REPORTS)
        (job,) = fake.service.jobs.values()
        destination = job.load["destinationTable"]
        assert isinstance(destination, dict)
        destination["tableId"] = "elsewhere"
        with pytest.raises(WarehouseUnusable, match=r"is not of table project\.dataset\.reports"):
            _write(fake, tmp_path, REPORTS)


def test_forgetting_waits_for_what_is_being_loaded(tmp_path: Path) -> None:
    """Nothing is taken for forgotten while a job may still load rows of the cluster."""
    behaviour = Behaviour(polls=NEVER_ENDS, query=lambda _: (None, 1))
    with running_bigquery(behaviour=behaviour) as fake:
        _fail(fake, tmp_path, REPORTS)
        (job,) = fake.service.jobs.values()
        with opened(fake.url, tmp_path) as warehouse:
            with pytest.raises(WarehouseUnavailable, match="takes long"):
                warehouse.forget("cluster-1")
            assert fake.count("jobs.query") == 0
            job.polls_left = 0
            assert warehouse.forget("cluster-1").removed == 1
        assert _kept(fake) == _once(REPORTS)  # before the statement, which the fake cannot run


def test_the_files_are_in_the_data_directory(tmp_path: Path) -> None:
    """What a collector keeps for BigQuery is in its data directory: three files."""
    with running_bigquery() as fake:
        _write(fake, tmp_path, REPORTS)
    assert {path.name for path in tmp_path.iterdir()} == {
        PENDING_LOAD_FILE,
        KNOWN_TABLES_FILE,
        DEAD_LETTERS_FILE,
    }
