"""Query jobs of the fake, and its rows by pages, without Google's client."""

import json

from tools.bigquery.faults import JobError
from tools.bigquery.messages import JSONObject, Request, Response
from tools.bigquery.service import Behaviour, Service

ROWS = (("clusters", "clusters", 3), ("kubernetes", "1.30", 2), ("kubernetes", "", 1))
CELLS = [{"f": [{"v": str(cell)} for cell in row]} for row in ROWS]
SQL = "SELECT 1"


def _service(*, polls: int = 1) -> Service:
    return Service(
        Behaviour(
            polls=polls,
            page_rows=2,
            bytes_billed=7,
            count=lambda sql: ROWS if sql == SQL else (),
        )
    )


def _request(method: str, subject: str = "", **query: str) -> Request:
    return Request(method=method, project="project", subject=subject, query=query)


def _insert(service: Service, fault: JobError | None = None) -> Response:
    document: JSONObject = {
        "jobReference": {"projectId": "project", "jobId": "count"},
        "configuration": {"query": {"query": SQL}},
    }
    request = Request(
        method="queries.insert", project="project", body=json.dumps(document).encode()
    )
    return service.handle(request) if fault is None else service.fail_job(request, fault)


def _document(response: Response) -> JSONObject:
    assert response.status == 200
    document = json.loads(response.body)
    assert isinstance(document, dict)
    return document


def _state(service: Service) -> JSONObject:
    return _document(service.handle(_request("jobs.get", "count")))


def test_a_query_runs_until_it_was_asked_for_often_enough() -> None:
    """Its results are complete then, and what it cost is known."""
    service = _service(polls=2)
    assert _document(_insert(service))["status"] == {"state": "RUNNING"}
    for _ in range(2):
        assert _state(service)["statistics"] == {}
        results = _document(service.handle(_request("queries.getResults", "count")))
        assert results["jobComplete"] is False
    done = _state(service)
    assert done["status"] == {"state": "DONE"}
    billed = {"statementType": "SELECT", "totalBytesBilled": "7"}
    assert done["statistics"] == {"query": billed}


def test_rows_come_by_pages() -> None:
    """Each names the next one; whoever asks for none learns how many there are."""
    service = _service(polls=0)
    _insert(service)
    none = _document(service.handle(_request("queries.getResults", "count", maxResults="0")))
    assert none["totalRows"] == "3"
    assert "rows" not in none
    first = _document(service.handle(_request("queries.getResults", "count")))
    assert first["rows"] == CELLS[:2]
    token = str(first["pageToken"])
    last = _document(service.handle(_request("queries.getResults", "count", pageToken=token)))
    assert last["rows"] == CELLS[2:]
    assert "pageToken" not in last


def test_a_query_fails() -> None:
    """The job says why, and its results are an error."""
    service = _service(polls=0)
    _insert(service, JobError(reason="backendError", message="away"))
    error = {"reason": "backendError", "message": "away"}
    assert _state(service)["status"] == {"state": "DONE", "errorResult": error, "errors": [error]}
    results = service.handle(_request("queries.getResults", "count"))
    assert results.status == 400
    assert json.loads(results.body)["error"]["errors"][0]["reason"] == "backendError"


def test_a_table_is_read() -> None:
    """The columns that are asked for, in their order, by pages too."""
    service = _service()
    service.datasets.add("project.dataset")
    service.add("project.dataset.table", {})
    service.tables["project.dataset.table"].rows += [{"a": number, "b": "x"} for number in range(3)]
    request = _request("tabledata.list", "project.dataset.table", selectedFields="b,a")
    page = _document(service.handle(request))
    assert page["rows"] == [{"f": [{"v": "x"}, {"v": str(number)}]} for number in range(2)]
    assert page["pageToken"] == "2"
