"""What BigQuery does with a request: no sockets here.

As far as a program needs that makes a table, adds columns, streams rows and reads some back:
https://cloud.google.com/bigquery/docs/reference/rest. No SQL: a test says what comes of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tools.bigquery.messages import JSON, JSONObject, Request, Response, answer, error
from tools.bigquery.rows import fields_of, find_errors, without_unknown
from tools.bigquery.tables import Table

MAX_REQUEST_BYTES: Final = 10_000_000
MAX_REQUEST_ROWS: Final = 50_000


def _no_poison(_row: JSONObject) -> str | None:
    return None


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """What BigQuery may or may not do, as its documentation has it."""

    deduplicates: bool = True
    """Whether a row whose insertId was seen is left out. Google promises to do its best only."""

    poison: Callable[[JSONObject], str | None] = _no_poison
    """Says why a row that fits the schema is invalid all the same, if it is."""

    refuses_request: Callable[[JSONObject], bool] = lambda _row: False
    """Says whether a row makes BigQuery refuse the whole request (HTTP 400)."""

    query: Callable[[str], tuple[int | None, int]] = lambda _sql: (None, 0)
    """Runs SQL, which the fake cannot: gives the only cell of the result, where there is one, and
    how many rows were changed."""

    forbidden: frozenset[str] = frozenset()
    """Methods that the account has no permission for."""

    late_inserts: int = 0
    """How many requests streaming does not find a new table for."""

    lost_inserts: int = 0
    """How many requests to a new table are answered and lost, as when it was made anew."""

    stale_inserts: int = 0
    """How many requests are held to the schema before a change of it."""


class Service:
    """The tables of one BigQuery."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.tables: Final[dict[str, Table]] = {}
        self.datasets: Final[set[str]] = set()
        self._late: Final[dict[str, int]] = {}
        self._lost: Final[dict[str, int]] = {}
        self._stale: Final[dict[str, tuple[int, list[JSONObject]]]] = {}
        self._methods: Final[dict[str, Callable[[Request, Table], Response]]] = {
            "tables.get": lambda _, table: answer(table.resource),
            "tables.patch": self._patch,
            "tables.delete": self._delete,
            "tabledata.list": _list,
            "insertAll": self._insert_all,
        }

    def handle(self, request: Request) -> Response:
        """Answer a request as BigQuery does."""
        if request.method in self.behaviour.forbidden:
            message = f"Access Denied: Table {request.table}: Permission {request.method} denied"
            return error(403, "accessDenied", message)
        if request.method == "jobs.query":
            return _query_answer(*self.behaviour.query(str(request.document()["query"])))
        if request.table.rpartition(".")[0] not in self.datasets:
            return error(404, "notFound", f"Not found: Dataset {request.table}")
        if request.method == "tables.insert":
            return self._create(request)
        table = self.tables.get(request.table)
        if table is None:
            return error(404, "notFound", f"Not found: Table {request.table}")
        return self._methods[request.method](request, table)

    def add(self, table_id: str, resource: JSONObject) -> None:
        """Make a table that has been there for a long time."""
        project, dataset, table = table_id.split(".")
        reference: JSONObject = {"projectId": project, "datasetId": dataset, "tableId": table}
        made = {"type": "TABLE", **resource, "tableReference": reference, "etag": "1"}
        self.tables[table_id] = Table(made)

    def _create(self, request: Request) -> Response:
        document = request.document()
        reference = document["tableReference"]
        table_id = f"{request.table}{reference['tableId']}" if isinstance(reference, dict) else ""
        if table_id in self.tables:
            return error(409, "duplicate", f"Already Exists: Table {table_id}")
        self.add(table_id, document)
        self._late[table_id] = self.behaviour.late_inserts
        self._lost[table_id] = self.behaviour.lost_inserts
        return answer(self.tables[table_id].resource)

    def _delete(self, request: Request, _table: Table) -> Response:
        del self.tables[request.table]
        return Response(status=204, body=b"")

    def _patch(self, request: Request, table: Table) -> Response:
        if request.headers.get("if-match", table.resource["etag"]) != table.resource["etag"]:
            return error(412, "conditionNotMet", "Precondition check failed.")
        self._stale[request.table] = (self.behaviour.stale_inserts, table.fields)
        changed = request.document()
        if "schema" in changed and not _only_adds(table.fields, changed["schema"]):
            return error(400, "invalid", "Provided Schema does not match Table")
        table.resource.update(changed)
        table.resource["etag"] = str(int(str(table.resource["etag"])) + 1)
        return answer(table.resource)

    def _insert_all(self, request: Request, table: Table) -> Response:
        if len(request.body) > MAX_REQUEST_BYTES:
            return error(413, "uploadTooLarge", "Request payload size exceeds the limit")
        if _take_one(self._late, request.table):
            return error(404, "notFound", f"Not found: Table {request.table}")
        document = request.document()
        rows = _rows_of(document)
        if not rows or len(rows) > MAX_REQUEST_ROWS:
            return error(400, "invalid", "No rows present in the request, or too many.")
        if any(self.behaviour.refuses_request(row) for _, row in rows):
            return error(400, "invalid", "Invalid request.")
        fields = self._fields_for_insert(request.table, table)
        if document.get("ignoreUnknownValues"):
            rows = [(insert_id, without_unknown(row, fields)) for insert_id, row in rows]
        errors = {
            index: found
            for index, (_, row) in enumerate(rows)
            if (found := self._errors_of(row, fields))
        }
        if errors:
            return refuse_rows(len(rows), errors)
        if not _take_one(self._lost, request.table):
            table.insert(rows, deduplicate=self.behaviour.deduplicates)
        return answer({"kind": "bigquery#tableDataInsertAllResponse"})

    def _fields_for_insert(self, table_id: str, table: Table) -> list[JSONObject]:
        left, fields = self._stale.get(table_id, (0, []))
        if not left:
            return table.fields
        self._stale[table_id] = (left - 1, fields)
        return fields

    def _errors_of(self, row: JSONObject, fields: list[JSONObject]) -> list[JSONObject]:
        poison = self.behaviour.poison(row)
        if poison is None:
            return find_errors(row, fields)
        return [{"reason": "invalid", "location": "", "debugInfo": "", "message": poison}]


def refuse_rows(count: int, errors: dict[int, list[JSONObject]]) -> Response:
    """Return an answer that refuses all rows of a request: those without errors are `stopped`."""
    stopped: list[JSONObject] = [
        {"reason": "stopped", "location": "", "debugInfo": "", "message": ""}
    ]
    entries: list[JSON] = [
        {"index": index, "errors": [*errors.get(index, stopped)]} for index in range(count)
    ]
    return answer({"kind": "bigquery#tableDataInsertAllResponse", "insertErrors": entries})


def count_rows(request: Request) -> int:
    """Return how many rows an insert has."""
    return len(_rows_of(request.document()))


def _rows_of(document: JSONObject) -> list[tuple[str, JSONObject]]:
    rows = document.get("rows", [])
    found: list[tuple[str, JSONObject]] = []
    for each in rows if isinstance(rows, list) else []:
        row = each.get("json") if isinstance(each, dict) else None
        if isinstance(each, dict) and isinstance(row, dict):
            found.append((str(each.get("insertId", "")), row))
    return found


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


def _list(request: Request, table: Table) -> Response:
    """Answer with rows in the form of cells, for columns that hold no records."""
    limit = int(request.query.get("maxResults", "1000"))
    wanted = request.query.get("selectedFields", ",".join(table.column_names())).split(",")
    rows: list[JSON] = []
    for row in table.rows[:limit]:
        cells: list[JSON] = [{"v": _cell(row.get(name))} for name in wanted]
        rows.append({"f": cells})
    return answer({"kind": "bigquery#tableDataList", "totalRows": str(len(rows)), "rows": rows})


def _cell(value: JSON) -> JSON:
    if isinstance(value, str) and value.endswith("Z"):
        # A TIMESTAMP is sent as microseconds where `formatOptions.useInt64Timestamp` is set.
        return str(int(datetime.fromisoformat(value).timestamp()) * 1_000_000)
    return value


def _only_adds(before: list[JSONObject], schema: JSON) -> bool:
    """Whether a change of columns is one that BigQuery allows."""
    after = fields_of(schema) if isinstance(schema, dict) else []
    kept = {str(field["name"]) for field in after}
    names = {str(field["name"]) for field in before}
    added = [field for field in after if str(field["name"]) not in names]
    return names <= kept and all(field.get("mode") != "REQUIRED" for field in added)


def _take_one(left: dict[str, int], table_id: str) -> bool:
    if not left.get(table_id, 0):
        return False
    left[table_id] -= 1
    return True
