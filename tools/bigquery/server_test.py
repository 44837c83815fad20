"""The fake over HTTP: as Google's documents have it, without Google's client."""

import http.client
import io
import json
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import duckdb
import pytest

from tools.bigquery.faults import (
    QUOTA_EXCEEDED,
    JobError,
    Reset,
    Silence,
    first,
    in_turn,
    too_many_requests,
)
from tools.bigquery.messages import JSON, JSONObject, Request
from tools.bigquery.server import FakeBigQuery, running_bigquery
from tools.bigquery.service import Behaviour

PROJECT = "/bigquery/v2/projects/project"
TABLES = f"{PROJECT}/datasets/dataset/tables"
JOBS = f"{PROJECT}/jobs"
UPLOADS = f"/upload{PROJECT}/jobs"
TABLE_ID = "project.dataset.reports"
TABLE: JSONObject = {"projectId": "project", "datasetId": "dataset", "tableId": "reports"}
SCHEMA: JSON = {"fields": [{"name": "version", "type": "STRING", "mode": "REQUIRED"}]}
REPORTS: JSONObject = {"tableReference": {"tableId": "reports"}, "schema": SCHEMA}
DONE: JSON = {"state": "DONE"}


def _send(
    fake: FakeBigQuery,
    method: str,
    target: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    *,
    seconds: float = 10,
) -> tuple[int, JSONObject, Mapping[str, str]]:
    """Send a request; return status, document and headers of the answer."""
    host = urlsplit(fake.url).netloc
    with closing(http.client.HTTPConnection(host, timeout=seconds)) as connection:
        connection.request(method, target, body, dict(headers or {}))
        response = connection.getresponse()
        content = response.read()
        return response.status, json.loads(content or b"{}"), dict(response.headers)


def _call(fake: FakeBigQuery, method: str, path: str, document: JSON = None) -> tuple[int, JSON]:
    """Send a request below the tables; return status and document of the answer."""
    return _send(fake, method, f"{TABLES}{path}", json.dumps(document).encode())[:2]


def _job(job_id: str, **load: JSON) -> bytes:
    """Return the description of a job that appends to the table."""
    configuration: JSONObject = {
        "load": {
            "destinationTable": TABLE,
            "sourceFormat": "NEWLINE_DELIMITED_JSON",
            "createDisposition": "CREATE_NEVER",
            **load,
        }
    }
    reference: JSONObject = {"projectId": "project", "jobId": job_id}
    return json.dumps({"jobReference": reference, "configuration": configuration}).encode()


def _lines(*versions: str) -> bytes:
    return b"".join(json.dumps({"version": each}).encode() + b"\n" for each in versions)


def _insert(
    fake: FakeBigQuery, job: bytes, data: bytes, *, seconds: float = 10
) -> tuple[int, JSONObject, Mapping[str, str]]:
    """Insert a job by a multipart upload."""
    body = io.BytesIO()
    for kind, part in (("application/json", job), ("*/*", data)):
        body.write(b"--==b==\r\ncontent-type: " + kind.encode() + b"\r\n\r\n" + part + b"\r\n")
    body.write(b"--==b==--")
    headers = {"Content-Type": 'multipart/related; boundary="==b=="'}
    target = f"{UPLOADS}?uploadType=multipart"
    return _send(fake, "POST", target, body.getvalue(), headers, seconds=seconds)


def _finish(fake: FakeBigQuery, job_id: str) -> JSONObject:
    """Ask for a job until it is done; return its status."""
    for _ in range(10):
        document = _send(fake, "GET", f"{JOBS}/{job_id}?location=europe-west3")[1]
        status = document["status"]
        assert isinstance(status, dict)
        if status["state"] == "DONE":
            return status
    raise AssertionError("the job does not end")


def _reasons(status: JSONObject) -> list[JSON]:
    errors = status.get("errors", [])
    assert isinstance(errors, list)
    return [each["reason"] for each in errors if isinstance(each, dict)]


def test_a_table_lives() -> None:
    """A table is made once, described, changed, and deleted."""
    with running_bigquery() as fake:
        assert _call(fake, "GET", "/reports")[0] == 404
        assert _call(fake, "POST", "", REPORTS)[0] == 200
        assert _call(fake, "POST", "", REPORTS)[0] == 409
        described = _call(fake, "GET", "/reports")[1]
        assert isinstance(described, dict)
        assert described["schema"] == SCHEMA
        assert described["location"] == "europe-west3"
        fields: list[JSON] = [*fake.table(TABLE_ID).fields, {"name": "more", "type": "STRING"}]
        assert _call(fake, "PATCH", "/reports", {"schema": {"fields": fields}})[0] == 200
        assert fake.table(TABLE_ID).column_names() == ["version", "more"]
        assert _call(fake, "PATCH", "/reports", {"schema": SCHEMA})[0] == 400
        assert _call(fake, "DELETE", "/reports")[0] == 204
        assert _call(fake, "GET", "/reports")[0] == 404


def test_a_job_is_pending_then_running_then_done() -> None:
    """A job has loaded nothing until it is done, and then all of it."""
    with running_bigquery(behaviour=Behaviour(polls=2)) as fake:
        _call(fake, "POST", "", REPORTS)
        status, accepted, _ = _insert(fake, _job("one"), _lines("a", "b"))
        assert (status, accepted["status"]) == (200, {"state": "PENDING"})
        states = []
        for _ in range(3):
            asked = _send(fake, "GET", f"{JOBS}/one?location=europe-west3")[1]
            states.append((asked["status"], len(fake.table(TABLE_ID).rows)))
        assert states == [({"state": "RUNNING"}, 0)] * 2 + [(DONE, 2)]


def test_a_job_id_is_used_once() -> None:
    """A second job under an ID is a duplicate, whatever it is to load, and loads nothing."""
    with running_bigquery() as fake:
        _call(fake, "POST", "", REPORTS)
        _insert(fake, _job("one"), _lines("a"))
        status, document, _ = _insert(fake, _job("one"), _lines("b"))
        assert status == 409
        assert "duplicate" in json.dumps(document)
        assert _finish(fake, "one") == DONE
        assert fake.table(TABLE_ID).rows == [{"version": "a"}]
        assert _insert(fake, _job("not:valid"), _lines("c"))[0] == 400


def test_a_job_is_found_where_it_is_only() -> None:
    """A request for a job without the location in which it runs finds none."""
    with running_bigquery() as fake:
        _call(fake, "POST", "", REPORTS)
        _insert(fake, _job("one"), _lines("a"))
        assert _send(fake, "GET", f"{JOBS}/one")[0] == 404
        assert _send(fake, "GET", f"{JOBS}/two?location=europe-west3")[0] == 404


def test_a_file_may_come_in_pieces() -> None:
    """A resumable upload becomes a job with its last piece; one out of order is refused."""
    with running_bigquery() as fake:
        _call(fake, "POST", "", REPORTS)
        began = _send(fake, "POST", f"{UPLOADS}?uploadType=resumable", _job("one"))
        target = began[2]["Location"].removeprefix(fake.url)
        whole = _lines("a", "b")
        first_piece, rest = whole[:5], whole[5:]
        status, _, headers = _send(
            fake, "PUT", target, first_piece, {"Content-Range": "bytes 0-4/*"}
        )
        assert (status, headers["Range"]) == (308, "bytes=0-4")
        assert "one" not in fake.service.jobs
        wrong = {"Content-Range": f"bytes 9-{len(whole) - 1}/{len(whole)}"}
        assert _send(fake, "PUT", target, rest, wrong)[0] == 400
        place = {"Content-Range": f"bytes 5-{len(whole) - 1}/{len(whole)}"}
        assert _send(fake, "PUT", target, rest, place)[0] == 200
        assert _finish(fake, "one") == DONE
        assert len(fake.table(TABLE_ID).rows) == 2


def test_one_bad_row_fails_the_job_and_is_named() -> None:
    """A job with a bad row loads none, and says at which byte of the file the row begins."""
    with running_bigquery() as fake:
        _call(fake, "POST", "", REPORTS)
        data = _lines("a") + b'{"version":"b","other":1}\n' + b"{}\n"
        _insert(fake, _job("one"), data)
        status = _finish(fake, "one")
        assert fake.table(TABLE_ID).rows == []
    assert _reasons(status) == ["invalid", "invalid"]
    assert "in row starting at position 17: No such field: other." in json.dumps(status)
    assert "errors[] collection" in json.dumps(status["errorResult"])


def test_unknown_values_can_be_ignored() -> None:
    """Where a job says so, a value without a column is left out and fails nothing."""
    with running_bigquery() as fake:
        _call(fake, "POST", "", REPORTS)
        _insert(fake, _job("one", ignoreUnknownValues=True), b'{"version":"b","other":1}\n')
        assert _finish(fake, "one") == DONE
        assert fake.table(TABLE_ID).rows == [{"version": "b"}]


def test_a_schema_has_to_be_the_tables() -> None:
    """A job whose schema has another mode, or a column that is not there, fails as a whole."""
    with running_bigquery() as fake:
        _call(fake, "POST", "", REPORTS)
        nullable: JSON = {"fields": [{"name": "version", "type": "STRING"}]}
        more: JSON = {"fields": [{"name": "more", "type": "STRING"}]}
        for job_id, schema in (("one", nullable), ("two", more)):
            _insert(fake, _job(job_id, schema=schema), _lines("a"))
            assert "Provided Schema does not match" in json.dumps(_finish(fake, job_id))
        assert fake.table(TABLE_ID).rows == []


def test_a_table_is_made_by_a_job_that_may() -> None:
    """CREATE_NEVER fails where there is no table; the default makes one."""
    with running_bigquery() as fake:
        _insert(fake, _job("one"), _lines("a"))
        assert _reasons(_finish(fake, "one")) == ["notFound"]
        needed = _job("two", createDisposition="CREATE_IF_NEEDED", schema=SCHEMA)
        _insert(fake, needed, _lines("a"))
        assert _finish(fake, "two") == DONE
        assert fake.table(TABLE_ID).rows == [{"version": "a"}]


def test_a_parquet_file_is_loaded(tmp_path: Path) -> None:
    """The rows of a Parquet file are loaded without nulls; lists only where that is asked for."""
    path = tmp_path / "rows.parquet"
    duckdb.connect().execute(f"COPY (SELECT 'a' AS version, ['x'] AS l, NULL AS n) TO '{path}'")
    fields: list[JSON] = [
        {"name": "version", "type": "STRING", "mode": "REQUIRED"},
        {"name": "l", "type": "STRING", "mode": "REPEATED"},
        {"name": "n", "type": "INTEGER"},
    ]
    schema: JSON = {"fields": fields}
    with running_bigquery() as fake:
        fake.service.add(TABLE_ID, {"schema": schema})
        plain: dict[str, JSON] = {"sourceFormat": "PARQUET"}
        with_schema = {**plain, "schema": schema}
        complete = {**with_schema, "parquetOptions": {"enableListInference": True}}
        for job_id, load in (("one", plain), ("two", with_schema), ("three", complete)):
            _insert(fake, _job(job_id, **load), path.read_bytes())
        assert "from REQUIRED to NULLABLE" in json.dumps(_finish(fake, "one"))
        assert _finish(fake, "two") == _finish(fake, "three") == DONE
        assert fake.table(TABLE_ID).rows == [
            {"version": "a", "l": []},
            {"version": "a", "l": ["x"]},
        ]


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("kind", [Reset, Silence])
def test_a_fault_may_come_after_the_deed(
    kind: type[Reset] | type[Silence], *, applied: bool
) -> None:
    """A connection that breaks or stays silent leaves a job behind, or not, as scripted."""
    with running_bigquery(script=first(1, kind(applied=applied))) as fake:
        with pytest.raises((ConnectionError, TimeoutError)):
            _insert(fake, _job("one"), _lines("a"), seconds=0.2)
        assert ("one" in fake.service.jobs) is applied


def test_a_job_may_end_in_any_error() -> None:
    """A job that is to fail is accepted, runs, and has loaded nothing."""
    fault = JobError(reason="backendError", message="Error encountered")
    with running_bigquery(script=first(1, fault)) as fake:
        _call(fake, "POST", "", REPORTS)
        assert _insert(fake, _job("one"), _lines("a"))[0] == 200
        assert _reasons(_finish(fake, "one")) == ["backendError"]
        assert fake.table(TABLE_ID).rows == []


def test_an_error_carries_its_reason_and_retry_after() -> None:
    """A scripted error has Google's form, and the header where asked for."""
    with running_bigquery(script=first(1, too_many_requests(7))) as fake:
        status, document, headers = _insert(fake, _job("one"), _lines("a"))
    assert (status, headers["Retry-After"]) == (429, "7")
    error = document["error"]
    assert isinstance(error, dict)
    assert error["errors"] == [
        {"message": "Exceeded rate limits", "domain": "global", "reason": "rateLimitExceeded"}
    ]


def test_faults_take_turns_evenly() -> None:
    """Of a hundred jobs thirty meet a fault, each kind as often; other requests meet none."""
    faults = (Reset(), Silence(), QUOTA_EXCEEDED)
    script = in_turn(faults, of_ten=3)
    met = [script(Request(method="jobs.insert")) for _ in range(100)]
    assert [met.count(fault) for fault in faults] == [10, 10, 10]
    assert script(Request(method="tables.get")) is None
