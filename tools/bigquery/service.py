"""What BigQuery does with a request: no sockets here.

As far as a program needs that makes a table, adds columns and loads files:
https://cloud.google.com/bigquery/docs/reference/rest. No SQL: a test says what comes of it.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from tools.bigquery.faults import JobError
from tools.bigquery.jobs import Job, run
from tools.bigquery.messages import JSON, JSONObject, Request, Response, answer, error
from tools.bigquery.queries import QueryJob, table_data
from tools.bigquery.rows import fields_of
from tools.bigquery.tables import Table

# https://cloud.google.com/bigquery/docs/reference/rest/v2/JobReference
_JOB_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,1024}")


def _no_poison(_row: JSONObject) -> str | None:
    return None


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """What BigQuery may or may not do, as its documentation has it."""

    poison: Callable[[JSONObject], str | None] = _no_poison
    """Says why a row that fits the schema is bad all the same, if it is."""

    names_at_most: int = 1
    """How many of a job's bad rows are named."""

    polls: int = 1
    """How many polls find a job running, after it was accepted, before it is done."""

    location: str = "europe-west3"
    """Where the datasets are; who asks for a job has to know."""

    query: Callable[[str], tuple[int | None, int]] = lambda _sql: (None, 0)
    """Runs SQL, which the fake cannot: gives the only cell of the result, where there is one, and
    how many rows were changed."""

    count: Callable[[str], Sequence[tuple[str, str, int]]] = lambda _sql: ()
    """Gives the rows of a query job."""

    bytes_billed: int = 10 * 1024 * 1024
    """What a query job costs."""

    page_rows: int = 1_000
    """How many rows are sent at a time."""

    forbidden: frozenset[str] = frozenset()
    """Methods that the account has no permission for."""


class Service:
    """The tables and jobs of one BigQuery."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.tables: Final[dict[str, Table]] = {}
        self.jobs: Final[dict[str, Job]] = {}
        self.query_jobs: Final[dict[str, QueryJob]] = {}
        self.datasets: Final[set[str]] = set()
        self._of_jobs: Final[dict[str, Callable[[Request], Response]]] = {
            "jobs.query": self._query,
            "jobs.insert": self._insert_job,
            "jobs.get": self._get_job,
            "queries.insert": self._insert_query,
            "queries.getResults": self._results,
        }
        self._of_tables: Final[dict[str, Callable[[Request, Table], Response]]] = {
            "tables.get": lambda _, table: answer(table.resource),
            "tables.patch": self._patch,
            "tables.delete": self._delete,
            "tabledata.list": self._rows,
        }

    def handle(self, request: Request) -> Response:
        """Answer a request as BigQuery does."""
        if request.method in self.behaviour.forbidden:
            message = f"Access Denied: Table {request.subject}: Permission {request.method} denied"
            return error(403, "accessDenied", message)
        if request.method in self._of_jobs:
            return self._of_jobs[request.method](request)
        if request.subject.rpartition(".")[0] not in self.datasets:
            return error(404, "notFound", f"Not found: Dataset {request.subject}")
        if request.method == "tables.insert":
            return self._create(request)
        table = self.tables.get(request.subject)
        if table is None:
            return error(404, "notFound", f"Not found: Table {request.subject}")
        return self._of_tables[request.method](request, table)

    def fail_job(self, request: Request, fault: JobError) -> Response:
        """Accept a job that is to end in an error."""
        response = self._of_jobs[request.method](request)
        if response.status == 200:  # noqa: PLR2004 - HTTP's OK
            job_id = _job_id(request.document())
            job = self.jobs.get(job_id) or self.query_jobs[job_id]
            job.error = {"reason": fault.reason, "message": fault.message}
        return response

    def add(self, table_id: str, resource: JSONObject) -> None:
        """Make a table that has been there for a long time."""
        project, dataset, table = table_id.split(".")
        reference: JSONObject = {"projectId": project, "datasetId": dataset, "tableId": table}
        made: JSONObject = {"type": "TABLE", "location": self.behaviour.location, **resource}
        self.tables[table_id] = Table({**made, "tableReference": reference, "etag": "1"})

    def _create(self, request: Request) -> Response:
        document = request.document()
        reference = document["tableReference"]
        table_id = f"{request.subject}{reference['tableId']}" if isinstance(reference, dict) else ""
        if table_id in self.tables:
            return error(409, "duplicate", f"Already Exists: Table {table_id}")
        self.add(table_id, document)
        return answer(self.tables[table_id].resource)

    def _delete(self, request: Request, _table: Table) -> Response:
        del self.tables[request.subject]
        return Response(status=204, body=b"")

    def _patch(self, request: Request, table: Table) -> Response:
        if request.headers.get("if-match", table.resource["etag"]) != table.resource["etag"]:
            return error(412, "conditionNotMet", "Precondition check failed.")
        changed = request.document()
        if "schema" in changed and not _only_adds(table.fields, changed["schema"]):
            return error(400, "invalid", "Provided Schema does not match Table")
        table.resource.update(changed)
        table.resource["etag"] = str(int(str(table.resource["etag"])) + 1)
        return answer(table.resource)

    def _insert_job(self, request: Request) -> Response:
        document = request.document()
        job_id = _job_id(document)
        if not _JOB_ID.fullmatch(job_id):
            return error(400, "invalid", f"Invalid job ID {job_id!r}")
        if job_id in self.jobs:
            return error(409, "duplicate", f"Already Exists: Job {request.project}:{job_id}")
        resource = self._job_resource(request, job_id)
        self.jobs[job_id] = Job(resource, request.body, polls_left=self.behaviour.polls)
        return answer(self.jobs[job_id].describe())

    def _job_resource(self, request: Request, job_id: str) -> JSONObject:
        reference: JSONObject = {
            "projectId": request.project,
            "jobId": job_id,
            "location": self.behaviour.location,
        }
        return {**request.document(), "jobReference": reference}

    def _insert_query(self, request: Request) -> Response:
        document = request.document()
        job_id, behaviour = _job_id(document), self.behaviour
        self.query_jobs[job_id] = QueryJob(
            self._job_resource(request, job_id),
            behaviour.count(_sql_of(document)),
            behaviour.bytes_billed,
            polls_left=behaviour.polls,
        )
        return answer(self.query_jobs[job_id].describe())

    def _results(self, request: Request) -> Response:
        job = self.query_jobs[request.subject]
        if job.polls_left <= 0 and job.error is not None:
            return error(400, str(job.error["reason"]), str(job.error["message"]))
        results = job.results(request.query, self.behaviour.page_rows)
        job.polls_left -= 1
        return answer(results)

    def _rows(self, request: Request, table: Table) -> Response:
        return answer(table_data(table, request.query, self.behaviour.page_rows))

    def _get_job(self, request: Request) -> Response:
        if request.subject in self.query_jobs:
            return answer(self.query_jobs[request.subject].describe())
        job = self.jobs.get(request.subject)
        # Of a job outside the multi-regions US and EU BigQuery wants to know where it is.
        if job is None or request.query.get("location") != self.behaviour.location:
            return error(404, "notFound", f"Not found: Job {request.project}:{request.subject}")
        self.advance(job)
        return answer(job.describe())

    def advance(self, job: Job) -> None:
        """Let a job come one step nearer to its end."""
        if job.state == "DONE":
            return
        if job.polls_left > 0:
            job.polls_left -= 1
            job.state = "RUNNING"
            return
        job.state = "DONE"
        if job.error is not None:
            job.errors = [job.error]
            return
        if job.load.get("createDisposition") != "CREATE_NEVER" and job.table_id not in self.tables:
            self.add(job.table_id, {"schema": job.load["schema"]})
        table = self.tables.get(job.table_id)
        if table is None:
            message = f"Not found: Table {job.table_id}"
            job.errors = [{"reason": "notFound", "message": message}]
            return
        behaviour = self.behaviour
        run(job, table, poison=behaviour.poison, names_at_most=behaviour.names_at_most)

    def _query(self, request: Request) -> Response:
        return _query_answer(*self.behaviour.query(str(request.document()["query"])))


def _job_id(document: JSONObject) -> str:
    reference = document.get("jobReference")
    return str(reference.get("jobId")) if isinstance(reference, dict) else ""


def _sql_of(document: JSONObject) -> str:
    configuration = document["configuration"]
    query = configuration["query"] if isinstance(configuration, dict) else None
    return str(query["query"]) if isinstance(query, dict) else ""


def _query_answer(cell: int | None, changed: int) -> Response:
    rows: list[JSON] = [] if cell is None else [{"f": [{"v": str(cell)}]}]
    return answer(
        {
            "kind": "bigquery#queryResponse",
            "schema": {"fields": [{"name": "f0_", "type": "INTEGER"}]},
            "jobReference": {"projectId": "project", "jobId": "job"},
            "jobComplete": True,
            "totalRows": str(len(rows)),
            "rows": rows,
            "numDmlAffectedRows": str(changed),
        }
    )


def _only_adds(before: list[JSONObject], schema: JSON) -> bool:
    """Whether a change of columns is one that BigQuery allows."""
    after = fields_of(schema) if isinstance(schema, dict) else []
    kept = {str(field["name"]) for field in after}
    names = {str(field["name"]) for field in before}
    added = [field for field in after if str(field["name"]) not in names]
    return names <= kept and all(field.get("mode") != "REQUIRED" for field in added)
