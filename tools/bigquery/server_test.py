"""The fake over HTTP."""

import http.client
import json
from collections.abc import Mapping
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from tools.bigquery.faults import Reset, Silence, first, in_turn, too_many_requests
from tools.bigquery.messages import JSON, JSONObject, Request
from tools.bigquery.server import FakeBigQuery, running_bigquery
from tools.bigquery.service import Behaviour

TABLES = "/bigquery/v2/projects/project/datasets/dataset/tables"
TABLE_ID = "project.dataset.reports"
SCHEMA: JSON = {"fields": [{"name": "version", "type": "STRING", "mode": "REQUIRED"}]}
REPORTS: JSONObject = {"tableReference": {"tableId": "reports"}, "schema": SCHEMA}


def _call(
    fake: FakeBigQuery, method: str, path: str, document: JSON = None, *, seconds: float = 10
) -> tuple[int, JSONObject, Mapping[str, str]]:
    """Send a request below the tables; return status, document and headers of the answer."""
    host = urlsplit(fake.url).netloc
    with closing(http.client.HTTPConnection(host, timeout=seconds)) as connection:
        connection.request(method, f"{TABLES}{path}", json.dumps(document))
        response = connection.getresponse()
        body = response.read()
        return response.status, json.loads(body or b"{}"), dict(response.headers)


def _rows(*versions: str) -> JSONObject:
    rows: list[JSON] = [{"insertId": each, "json": {"version": each}} for each in versions]
    return {"rows": rows}


def _insert(fake: FakeBigQuery, *versions: str) -> tuple[int, JSONObject, Mapping[str, str]]:
    return _call(fake, "POST", "/reports/insertAll", _rows(*versions))


def test_a_table_lives() -> None:
    """A table is made once, described, changed, and deleted."""
    with running_bigquery() as fake:
        assert _call(fake, "GET", "/reports")[0] == 404
        assert _call(fake, "POST", "", REPORTS)[0] == 200
        assert _call(fake, "POST", "", REPORTS)[0] == 409
        described = _call(fake, "GET", "/reports")[1]
        assert described["schema"] == SCHEMA
        fields: list[JSON] = [*fake.table(TABLE_ID).fields, {"name": "more", "type": "STRING"}]
        assert _call(fake, "PATCH", "/reports", {"schema": {"fields": fields}})[0] == 200
        assert fake.table(TABLE_ID).column_names() == ["version", "more"]
        assert _call(fake, "PATCH", "/reports", {"schema": SCHEMA})[0] == 400
        assert _call(fake, "DELETE", "/reports")[0] == 204
        assert _insert(fake, "a")[0] == 404


def test_one_invalid_row_stops_all() -> None:
    """A request with an invalid row inserts none, and calls the others stopped."""
    with running_bigquery() as fake:
        _call(fake, "POST", "", REPORTS)
        bad: JSON = {"insertId": "x", "json": {"other": 1}}
        rows: list[JSON] = [*json.loads(json.dumps(_rows("a")["rows"])), bad]
        status, answer, _ = _call(fake, "POST", "/reports/insertAll", {"rows": rows})
        assert status == 200
        errors = answer["insertErrors"]
        assert isinstance(errors, list)
        reasons = [each["errors"][0]["reason"] for each in json.loads(json.dumps(errors))]
        assert reasons == ["stopped", "invalid"]
        assert fake.table(TABLE_ID).rows == []


@pytest.mark.parametrize(("deduplicates", "count"), [(True, 2), (False, 4)])
def test_insert_ids_are_known_again_or_not(*, deduplicates: bool, count: int) -> None:
    """Rows that come again are left out where the fake deduplicates, else they are there twice."""
    with running_bigquery(behaviour=Behaviour(deduplicates=deduplicates)) as fake:
        _call(fake, "POST", "", REPORTS)
        _insert(fake, "a", "b")
        _insert(fake, "a", "b")
        assert len(fake.table(TABLE_ID).rows) == count


def test_rows_can_be_listed() -> None:
    """Rows are listed as cells, as many as asked for."""
    with running_bigquery() as fake:
        _call(fake, "POST", "", REPORTS)
        _insert(fake, "a", "b", "c")
        listed = _call(fake, "GET", "/reports/data?maxResults=2&selectedFields=version")[1]
        assert listed["rows"] == [{"f": [{"v": "a"}]}, {"f": [{"v": "b"}]}]


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("kind", [Reset, Silence])
def test_a_fault_may_come_after_the_deed(
    kind: type[Reset] | type[Silence], *, applied: bool
) -> None:
    """A connection that breaks or stays silent has inserted the rows, or not, as scripted."""
    with running_bigquery() as fake:
        _call(fake, "POST", "", REPORTS)
        fake.script = first(1, kind(applied=applied))
        with pytest.raises((ConnectionError, TimeoutError)):
            _call(fake, "POST", "/reports/insertAll", _rows("a"), seconds=0.2)
        assert len(fake.table(TABLE_ID).rows) == int(applied)


def test_an_error_carries_its_reason_and_retry_after() -> None:
    """A scripted error has Google's form, and the header where asked for."""
    with running_bigquery(script=first(1, too_many_requests(7))) as fake:
        status, document, headers = _insert(fake, "a")
    assert (status, headers["Retry-After"]) == (429, "7")
    error = document["error"]
    assert isinstance(error, dict)
    assert error["errors"] == [
        {"message": "Exceeded rate limits", "domain": "global", "reason": "rateLimitExceeded"}
    ]


def test_faults_take_turns_evenly() -> None:
    """Of a hundred inserts thirty meet a fault, each kind as often; other requests meet none."""
    faults = (Reset(), Silence(), too_many_requests())
    script = in_turn(faults, of_ten=3)
    met = [script(Request(method="insertAll")) for _ in range(100)]
    assert [met.count(fault) for fault in faults] == [10, 10, 10]
    assert script(Request(method="tables.get")) is None
