"""The fake's opinion of rows."""

import pytest

from tools.bigquery.messages import JSONObject
from tools.bigquery.rows import find_errors, without_unknown

NO_ARRAY = "Repeated field must be imported as a JSON array. Field: "
FIELDS: list[JSONObject] = [
    {"name": "version", "type": "STRING", "mode": "REQUIRED"},
    {"name": "at", "type": "TIMESTAMP"},
    {"name": "ages", "type": "INTEGER", "mode": "REPEATED"},
    {
        "name": "nodes",
        "type": "RECORD",
        "mode": "REPEATED",
        "fields": [{"name": "id", "type": "STRING", "mode": "REQUIRED"}],
    },
]


@pytest.mark.parametrize(
    "row",
    [
        {"version": "v"},
        {"VERSION": "v"},
        {"version": "v", "at": "2026-11-23T07:00:00Z", "nodes": []},
        {"version": "v", "at": None, "nodes": [{"id": "1"}, {"id": "2"}]},
        {"version": "v", "ages": [0, 2**63 - 1, "940"]},
    ],
)
def test_a_row_that_fits_has_no_errors(row: JSONObject) -> None:
    """A row with what is required, and of the right types, is taken."""
    assert find_errors(row, FIELDS) == []


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({}, "Missing required field: version."),
        ({"version": None}, "Missing required field: version."),
        ({"version": "v", "more": 1}, "No such field: more."),
        ({"version": "v", "nodes": [{"id": "1", "x": 1}]}, "No such field: nodes.x."),
        ({"version": "v", "nodes": [{}]}, "Missing required field: nodes.id."),
        ({"version": "v", "nodes": ["1"]}, "This field: nodes is not a record."),
        (
            {"version": "v", "nodes": {}},
            NO_ARRAY + "nodes.",
        ),
        ({"version": {}}, "This field: version is a record."),
        ({"version": ["v"]}, "Array specified for non-repeated field: version."),
        ({"version": "v", "at": "noon"}, "Could not parse 'noon' as a timestamp."),
        ({"version": "v", "ages": ["old"]}, "Cannot convert value to integer (bad value): old"),
        ({"version": "v", "ages": [1.5]}, "Cannot convert value to integer (bad value): 1.5"),
        (
            {"version": "v", "ages": 1},
            NO_ARRAY + "ages.",
        ),
    ],
)
def test_a_row_that_does_not_fit_is_invalid(row: JSONObject, message: str) -> None:
    """A row that breaks the schema is invalid, in BigQuery's words."""
    assert find_errors(row, FIELDS) == [message]


def test_unknown_columns_can_be_left_out() -> None:
    """What the schema does not have is left out, at any depth."""
    row: JSONObject = {"version": "v", "more": 1, "nodes": [{"id": "1", "x": 1}]}
    assert without_unknown(row, FIELDS) == {"version": "v", "nodes": [{"id": "1"}]}
