"""BigQuery as a database, with Google's own client against a fake that answers as BigQuery does."""

import gc
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

import pytest

from collector.databases.bigquery import open_bigquery
from collector.databases.bigquery_testing import (
    IMPATIENT,
    STUBBORN,
    TABLE,
    batch_of,
    dead_letters_in,
    keys_of,
    open_database,
    spooled,
)
from collector.databases.dead_letters import DEAD_LETTERS_FILE, RETENTION_SECONDS, DeadLetters
from collector.errors import DatabaseUnavailable
from collector.records import SpooledReport
from tools.bigquery.faults import (
    ACCESS_REVOKED,
    NOT_AUTHENTICATED,
    QUOTA_EXCEEDED,
    SERVER_ERROR,
    UNAVAILABLE,
    EveryRow,
    Fault,
    Garbage,
    HTTPError,
    ProxyError,
    Reset,
    Silence,
    first,
    in_turn,
    no_faults,
    too_many_requests,
)
from tools.bigquery.messages import JSONObject
from tools.bigquery.server import running_bigquery
from tools.bigquery.service import Behaviour

TABLE_ID = str(TABLE)
ALWAYS = 10**9
EVERY_KIND: tuple[Fault, ...] = (
    SERVER_ERROR,
    UNAVAILABLE,
    too_many_requests(),
    ProxyError(status=502),
    Garbage(),
    Reset(applied=True),
    Reset(applied=False),
    Silence(applied=True),
    Silence(applied=False),
    EveryRow(reason="stopped"),
    EveryRow(reason="backendError", message="try later"),
)


def _keys_in(rows: Iterable[JSONObject]) -> Counter[str]:
    return Counter(str(row["reportKey"]) for row in rows)


def _is_poison(row: JSONObject) -> str | None:
    is_poison = str(row["clusterID"]).startswith("poison")
    return "Cannot convert value to string" if is_poison else None


def _some(count: int, *, start: int = 0, poison: int = 0) -> list[SpooledReport]:
    """Return reports, of which one in `poison` is invalid; none where it is 0."""
    return [
        spooled(number, cluster_id=f"poison-{number}" if poison and number % poison == 3 else "")
        for number in range(start, start + count)
    ]


def test_reports_become_rows_once(tmp_path: Path) -> None:
    """Each report of a batch is a row, under its key, in requests of 500 rows at most."""
    reports = _some(1_100)
    with running_bigquery() as fake, open_database(fake.url, tmp_path) as database:
        database.write(batch_of(reports))
        assert _keys_in(fake.table(TABLE_ID).rows) == Counter(keys_of(reports))
        assert fake.count("insertAll") == 3
        row = fake.table(TABLE_ID).rows[0]
    assert row["receivedAt"] == "2026-11-23T07:00:00Z"
    assert row["nodes"] == [{"id": "0" * 32, "capacity": [{"resource": "cpu", "value": "4"}]}]


def test_the_largest_report_fits_a_request(tmp_path: Path) -> None:
    """A report of 8 MiB, in a script that escaping would double, is inserted."""
    largest = SpooledReport(
        1,
        "1" * 32,
        0,
        '{{"version":"v","timestamp":"0","clusterID":"c","masterVersion":"{}"}}'.format(
            "中" * ((8 * 1024 * 1024 - 100) // 3)
        ).encode(),
    )
    with running_bigquery() as fake, open_database(fake.url, tmp_path) as database:
        database.write(batch_of([largest]))
        assert _keys_in(fake.table(TABLE_ID).rows) == Counter(["1" * 32])


@pytest.mark.parametrize("deduplicates", [True, False])
def test_every_fault_in_turn_loses_and_doubles_nothing(
    tmp_path: Path, *, deduplicates: bool
) -> None:
    """With 30% of requests failing by every kind of fault, each valid report is in the view once,
    and each invalid one is a dead letter with its reason.
    """
    behaviour = Behaviour(deduplicates=deduplicates, poison=_is_poison)
    script = in_turn(EVERY_KIND, of_ten=3)
    reports = _some(2_000, poison=50)
    poison = [each for each in reports if b'"poison-' in each.encoded]
    with (
        running_bigquery(behaviour=behaviour, script=script) as fake,
        open_database(fake.url, tmp_path, persistence=STUBBORN) as database,
    ):
        for start in range(0, len(reports), 20):
            database.write(batch_of(reports[start : start + 20]))
        view = _keys_in(fake.table(TABLE_ID).view())
        rows = fake.table(TABLE_ID).rows
    assert view == Counter(keys_of(reports) - keys_of(poison))
    assert (len(rows) == len(view)) is deduplicates
    letters = dead_letters_in(tmp_path)
    assert Counter(letter.report_key for letter in letters) == Counter(keys_of(poison))
    assert {letter.reason for letter in letters} == {"invalid: Cannot convert value to string"}
    assert {letter.database for letter in letters} == {f"bigquery://{TABLE}"}


@pytest.mark.parametrize("fault", EVERY_KIND)
def test_a_fault_that_stays_makes_the_database_unavailable(tmp_path: Path, fault: Fault) -> None:
    """Trouble that outlasts the deadline is told, and no report is given up because of it."""
    with (
        running_bigquery() as fake,
        open_database(fake.url, tmp_path) as database,
    ):
        fake.script = first(ALWAYS, fault)
        with pytest.raises(DatabaseUnavailable, match=TABLE_ID):
            database.write(batch_of(_some(1)))
    assert dead_letters_in(tmp_path) == []


def test_retry_after_is_honoured(tmp_path: Path) -> None:
    """A request that is answered with Retry-After is not repeated any earlier."""
    with (
        running_bigquery() as fake,
        open_database(fake.url, tmp_path, persistence=IMPATIENT) as database,
    ):
        fake.script = first(1, too_many_requests(retry_after_seconds=60))
        with pytest.raises(DatabaseUnavailable, match="HTTP 429 rateLimitExceeded"):
            database.write(batch_of(_some(1)))
        assert fake.count("insertAll") == 1


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
        with pytest.raises(DatabaseUnavailable, match=words):
            database.write(batch_of(_some(3)))
        assert fake.count("insertAll") == 1
        fake.script = no_faults
        database.write(batch_of(_some(3)))
        assert len(fake.table(TABLE_ID).rows) == 3
    assert dead_letters_in(tmp_path) == []


def test_no_row_is_left_by_probing(tmp_path: Path) -> None:
    """Neither opening a table nor asking whether it takes rows at all puts a row into it."""
    behaviour = Behaviour(refuses_request=lambda row: "spartakusProbe" not in row)
    with running_bigquery(behaviour=behaviour) as fake:
        fake.service.add(TABLE_ID, {})
        with open_database(fake.url, tmp_path) as database:
            database.write(batch_of(_some(1)))
        assert fake.table(TABLE_ID).rows == []
    assert len(dead_letters_in(tmp_path)) == 1


def test_a_report_that_spoils_its_request_is_found_and_buried(tmp_path: Path) -> None:
    """A row for which whole requests are refused ends as a dead letter, and all others as rows."""
    behaviour = Behaviour(refuses_request=lambda row: row.get("clusterID") == "cluster-7")
    reports = _some(20)
    with (
        running_bigquery(behaviour=behaviour) as fake,
        open_database(fake.url, tmp_path) as database,
    ):
        database.write(batch_of(reports))
        assert _keys_in(fake.table(TABLE_ID).rows) == Counter(keys_of(reports) - {f"{7:032x}"})
    letters = dead_letters_in(tmp_path)
    assert [letter.report_key for letter in letters] == [f"{7:032x}"]
    assert letters[0].reason == "refused alone: HTTP 400: invalid: Invalid request."


def test_a_table_that_refuses_every_request_buries_nothing(tmp_path: Path) -> None:
    """When each request is refused, whatever is in it, no report is blamed for it."""
    with (
        running_bigquery() as fake,
        open_database(fake.url, tmp_path) as database,
    ):
        fake.script = first(ALWAYS, HTTPError(status=400, reason="invalid", message="no"))
        with pytest.raises(DatabaseUnavailable, match="refuses every row"):
            database.write(batch_of(_some(4)))
    assert dead_letters_in(tmp_path) == []


def test_a_report_stopped_for_good_when_it_is_alone_is_buried(tmp_path: Path) -> None:
    """A row that is `stopped` again and again without another to blame ends as a dead letter."""
    with (
        running_bigquery() as fake,
        open_database(fake.url, tmp_path) as database,
    ):
        stopped = EveryRow(reason="stopped")
        fake.script = lambda request: stopped if b"cluster-0" in request.body else None
        database.write(batch_of(_some(1)))
    assert [letter.reason for letter in dead_letters_in(tmp_path)] == ["refused alone: stopped"]


def test_a_report_is_not_buried_for_trouble_of_bigquerys(tmp_path: Path) -> None:
    """A row that is not taken because of BigQuery's own trouble stays in the spool."""
    with (
        running_bigquery() as fake,
        open_database(fake.url, tmp_path) as database,
    ):
        trouble = EveryRow(reason="backendError")
        fake.script = lambda request: trouble if b"cluster-0" in request.body else None
        with pytest.raises(DatabaseUnavailable, match="takes no rows now: backendError"):
            database.write(batch_of(_some(1)))
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
            with pytest.raises(DatabaseUnavailable) as unavailable:
                database.write(batch_of(_some(1)))
            assert "cluster-0" not in str(unavailable.value)


def test_a_collector_without_bigquery_says_so_before_it_is_given_up(tmp_path: Path) -> None:
    """Where nothing answers at BigQuery's address, opening ends within the 15 seconds it has."""
    with (
        pytest.raises(DatabaseUnavailable, match="BigQuery cannot be reached"),
        open_database("http://127.0.0.1:1", tmp_path),
    ):
        pytest.fail("it must not open")


def test_old_dead_letters_go_with_the_next_batch(tmp_path: Path) -> None:
    """Writing a batch deletes the dead letters that have been kept for long enough."""
    long_ago = time.time() - RETENTION_SECONDS - 7_200
    with closing(DeadLetters(tmp_path / DEAD_LETTERS_FILE, clock=lambda: long_ago)) as letters:
        letters.bury([(spooled(1), "why")], database="a")
    with running_bigquery() as fake, open_database(fake.url, tmp_path) as database:
        database.write(batch_of(_some(1)))
    assert dead_letters_in(tmp_path) == []


def test_missing_credentials_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are no Application Default Credentials, the error says where they were sought."""
    missing = tmp_path / "credentials.json"
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(missing))
    with pytest.raises(DatabaseUnavailable, match=rf"Default Credentials: .*{missing}"):
        open_bigquery(TABLE, data_dir=tmp_path, persistence=IMPATIENT)


def test_memory_does_not_grow_with_failures(tmp_path: Path) -> None:
    """A large batch that fails twenty times needs no more memory than one that goes through."""
    batch = batch_of(spooled(number, size=400_000) for number in range(10))
    with (
        running_bigquery() as fake,
        open_database(fake.url, tmp_path, persistence=STUBBORN) as database,
    ):
        database.write(batch)  # what the fake keeps is counted from here on
        smooth = _peak_bytes(lambda: database.write(batch))
        fake.script = first(20, UNAVAILABLE)
        rough = _peak_bytes(lambda: database.write(batch))
        assert fake.count("insertAll") == 1 + 1 + 21
    assert rough < smooth * 1.2


def _peak_bytes(action: Callable[[], None]) -> int:
    gc.collect()
    tracemalloc.start()
    action()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_the_file_of_dead_letters_is_in_the_data_directory(tmp_path: Path) -> None:
    """What a collector keeps for BigQuery is in its data directory: two files."""
    with running_bigquery() as fake, open_database(fake.url, tmp_path):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "bigquery-tables",
        DEAD_LETTERS_FILE,
    ]
