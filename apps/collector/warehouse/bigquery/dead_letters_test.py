"""Which reports end as dead letters when BigQuery refuses rows, and which never do."""

from collections import Counter
from pathlib import Path

import pytest

from collector.errors import WarehouseUnavailable
from collector.warehouse.bigquery.testing import TABLE_ID, keys_in, opened
from collector.warehouse.testing import batch_of, dead_letters_in, keys_of, some_reports
from tools.bigquery.faults import JobError, Reset, no_faults
from tools.bigquery.messages import JSONObject, Request
from tools.bigquery.server import running_bigquery
from tools.bigquery.service import Behaviour

REPORTS = some_reports(20)
BAD = {f"{number:032x}" for number in (1, 7, 20)}
GOOD = Counter(keys_of(REPORTS) - BAD)


def _poison(row: JSONObject) -> str | None:
    return "it is bad" if row["reportKey"] in BAD else None


@pytest.mark.parametrize("names_at_most", [1, 2, 3])
def test_refused_rows_are_dead_letters_and_all_others_loaded(
    tmp_path: Path, names_at_most: int
) -> None:
    """Each row that BigQuery refuses is a dead letter with its reason; all others are rows."""
    behaviour = Behaviour(poison=_poison, names_at_most=names_at_most)
    with running_bigquery(behaviour=behaviour) as fake:
        with opened(fake.url, tmp_path) as warehouse:
            warehouse.write(batch_of(REPORTS))
        assert keys_in(fake.table(TABLE_ID).rows) == GOOD
    letters = dead_letters_in(tmp_path)
    assert {letter.report_key for letter in letters} == BAD
    assert all(letter.reason.endswith("it is bad") for letter in letters)


def test_a_batch_of_refused_rows_leaves_nothing_to_load(tmp_path: Path) -> None:
    """Where every row is refused, each is a dead letter, and the batch is done with."""
    behaviour = Behaviour(poison=lambda _: "bad", names_at_most=20)
    with running_bigquery(behaviour=behaviour) as fake:
        with opened(fake.url, tmp_path) as warehouse:
            warehouse.write(batch_of(REPORTS))
        assert fake.table(TABLE_ID).rows == []
    assert {letter.report_key for letter in dead_letters_in(tmp_path)} == keys_of(REPORTS)


@pytest.mark.parametrize("nth", [1, 2, 3, 4])
@pytest.mark.parametrize("applied", [True, False])
def test_a_repeated_batch_refuses_the_same_rows(tmp_path: Path, nth: int, *, applied: bool) -> None:
    """Wherever a batch with bad rows breaks off, in the end each good row is there once, and each
    bad one a dead letter.
    """
    behaviour = Behaviour(poison=_poison)
    with running_bigquery(behaviour=behaviour) as fake:

        def break_off(request: Request) -> Reset | None:
            is_it = request.method == "jobs.insert" and fake.count("jobs.insert") == nth
            return Reset(applied=applied) if is_it else None

        fake.script = break_off
        with opened(fake.url, tmp_path) as warehouse, pytest.raises(WarehouseUnavailable):
            warehouse.write(batch_of(REPORTS))
        fake.script = no_faults
        for _ in range(2):
            with opened(fake.url, tmp_path) as warehouse:
                warehouse.write(batch_of(REPORTS))
        assert keys_in(fake.table(TABLE_ID).rows) == GOOD
    assert {letter.report_key for letter in dead_letters_in(tmp_path)} == BAD


@pytest.mark.parametrize(
    "message",
    [
        "",
        "JSON table encountered too many errors, giving up. Rows: 3; errors: 1.",
        "JSON parsing error in row starting at position 0: No such field: workloads.",
        "JSON parsing error in row starting at position 999999999: beyond the end",
    ],
)
def test_no_report_is_refused_for_an_error_that_names_none(tmp_path: Path, message: str) -> None:
    """Where a job fails without naming a row of its file, all rows wait and none is given up."""
    fault = JobError(reason="invalid", message=message)
    with running_bigquery() as fake:
        fake.script = lambda request: fault if request.method == "jobs.insert" else None
        for _ in range(2):
            with opened(fake.url, tmp_path) as warehouse, pytest.raises(WarehouseUnavailable):
                warehouse.write(batch_of(REPORTS))
        fake.script = no_faults
        with opened(fake.url, tmp_path) as warehouse:
            warehouse.write(batch_of(REPORTS))
        assert keys_in(fake.table(TABLE_ID).rows) == Counter(keys_of(REPORTS))
    assert dead_letters_in(tmp_path) == []
