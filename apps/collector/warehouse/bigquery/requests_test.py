"""Requests to insert rows, and the answers to them."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.records import SpooledReport
from collector.warehouse.bigquery.requests import (
    MAX_BYTES,
    MAX_ROWS,
    InsertAnswer,
    RowError,
    RowErrors,
    decode_answer,
    request_body,
    split,
)
from collector.warehouse.bigquery.rows import Sorted, UnknownColumn, sort_rows
from collector.warehouse.bigquery.testing import spooled

INVALID = RowError("invalid", "Missing required field: version.", "")
STOPPED = RowError("stopped")


@given(st.lists(st.integers(1, 5_000_000), max_size=30))
def test_a_request_stays_within_its_limits(sizes: list[int]) -> None:
    """Split and joined again, reports are the same, and no request of several is too large."""
    body = bytes(max(sizes, default=0))
    reports = [
        SpooledReport(number, f"{number:032x}", 0, body[:size]) for number, size in enumerate(sizes)
    ]
    parts = list(split(reports))
    assert [each for part in parts for each in part] == reports
    for part in parts:
        assert len(part) == 1 or sum(len(each.encoded) for each in part) <= MAX_BYTES


def test_a_request_has_500_rows_at_most() -> None:
    """1,001 small reports are three requests."""
    parts = split([spooled(number) for number in range(2 * MAX_ROWS + 1)])
    assert [len(part) for part in parts] == [500, 500, 1]


def test_a_row_is_the_report_with_its_key_and_hour() -> None:
    """A row holds the report, its key and hour; the key is also the row's insertId."""
    report = spooled(7)
    document = json.loads(request_body([report, spooled(8)], ignore_unknown=False))
    assert len(document["rows"]) == 2
    row = document["rows"][0]
    added = {"reportKey": f"{7:032x}", "receivedAt": "2026-11-23T07:00:00Z"}
    assert row == {"insertId": f"{7:032x}", "json": {**json.loads(report.encoded), **added}}


def test_characters_beyond_ascii_are_not_escaped() -> None:
    """A request is as long as the reports in it, whatever their script."""
    report = SpooledReport(1, "0" * 32, 0, '{"osImage":"中中中中"}'.encode())
    assert "中中中中".encode() in request_body([report], ignore_unknown=False)


@given(st.binary(max_size=60))
def test_an_answer_is_understood_or_refused(body: bytes) -> None:
    """Any bytes are an answer or a decoding error."""
    try:
        answer = decode_answer(body)
    except msgspec.DecodeError:
        return
    assert isinstance(answer, InsertAnswer)


@pytest.mark.parametrize("index", ["1", '"1"'])
def test_an_answer_names_rows_by_number_or_text(index: str) -> None:
    """Google's numbers may be texts; an answer is understood either way."""
    body = '{"insertErrors": [{"index": %s, "errors": [{"reason": "stopped"}]}], "kind": "x"}'
    assert decode_answer((body % index).encode()) == InsertAnswer((RowErrors(1, (STOPPED,)),))


def test_invalid_rows_are_told_from_those_that_they_stopped() -> None:
    """The invalid row comes with its reason, stopped rows are left, and others are neither."""
    reports = [spooled(number) for number in range(4)]
    answer = InsertAnswer((RowErrors(1, (INVALID,)), RowErrors(3, (STOPPED,))))
    assert sort_rows(reports, answer) == Sorted(
        invalid=((reports[1], "invalid: Missing required field: version."),),
        left=(reports[3],),
        reason="stopped",
    )


def test_a_row_with_several_errors_is_invalid_when_one_of_them_says_so() -> None:
    """All reasons for calling a row invalid are kept."""
    other = RowError("invalid", "Array specified for non-repeated field: version.", "version")
    answer = InsertAnswer((RowErrors(0, (STOPPED, INVALID, other)),))
    result = sort_rows([spooled(0)], answer)
    assert isinstance(result, Sorted)
    assert result.invalid[0][1] == (
        "invalid: Missing required field: version.; "
        "invalid: version: Array specified for non-repeated field: version."
    )


def test_a_column_that_bigquery_does_not_know_is_no_rows_fault() -> None:
    """A row refused for a column of ours is not invalid: the schema has not arrived yet."""
    unknown = RowError("invalid", "no such field: reportKey.", "reportkey")
    answer = InsertAnswer((RowErrors(0, (STOPPED,)), RowErrors(1, (unknown,))))
    assert sort_rows([spooled(0), spooled(1)], answer) == UnknownColumn("reportkey")


@pytest.mark.parametrize(
    ("reason", "may_pass"),
    [("backendError", True), ("timeout", True), ("stopped", False), ("somethingNew", False)],
)
def test_a_passing_reason_is_told_from_others(reason: str, *, may_pass: bool) -> None:
    """Rows left for trouble on BigQuery's side are told from rows that may be at fault."""
    answer = InsertAnswer((RowErrors(0, (RowError(reason),)),))
    result = sort_rows([spooled(0)], answer)
    assert isinstance(result, Sorted)
    assert (result.reason, result.may_pass) == (reason, may_pass)
