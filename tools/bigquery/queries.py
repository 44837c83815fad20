"""Query jobs, and rows a page at a time. No SQL is run: a test says what comes of it.

https://cloud.google.com/bigquery/docs/reference/rest/v2/jobs/getQueryResults
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tools.bigquery.messages import JSON, JSONObject
from tools.bigquery.tables import Table

_COLUMNS: Final[list[JSON]] = [
    {"name": "question", "type": "STRING"},
    {"name": "key", "type": "STRING"},
    {"name": "units", "type": "INTEGER"},
]


@dataclass
class QueryJob:
    """A query under way, and the rows that it will have: a question, a key, and units."""

    resource: JSONObject
    rows: Sequence[tuple[str, str, int]]
    bytes_billed: int
    polls_left: int
    """How many more polls find it running."""

    error: JSONObject | None = None
    """What it ends in."""

    def describe(self) -> JSONObject:
        """Return the resource as it is now."""
        is_done = self.polls_left <= 0
        status: JSONObject = {"state": "DONE" if is_done else "RUNNING"}
        if is_done and self.error is not None:
            status |= {"errorResult": self.error, "errors": [self.error]}
        billed: JSONObject = {"statementType": "SELECT", "totalBytesBilled": str(self.bytes_billed)}
        statistics: JSONObject = {"query": billed} if is_done else {}
        return {**self.resource, "kind": "bigquery#job", "status": status, "statistics": statistics}

    def results(self, query: Mapping[str, str], page_rows: int) -> JSONObject:
        """Return a page of rows, or that there are none yet."""
        common: JSONObject = {
            "kind": "bigquery#getQueryResultsResponse",
            "jobReference": self.resource["jobReference"],
            "schema": {"fields": _COLUMNS},
        }
        if self.polls_left > 0:
            return {**common, "jobComplete": False}
        return {**common, "jobComplete": True, **_page(self.rows, query, page_rows)}


def table_data(table: Table, query: Mapping[str, str], page_rows: int) -> JSONObject:
    """Return a page of a table's rows."""
    names = query["selectedFields"].split(",")
    rows = [[row.get(name) for name in names] for row in table.rows]
    return {"kind": "bigquery#tableDataList", **_page(rows, query, page_rows)}


def _page(rows: Sequence[Sequence[object]], query: Mapping[str, str], page_rows: int) -> JSONObject:
    first = int(query.get("pageToken", "0"))
    size = min(int(query.get("maxResults", page_rows)), page_rows)
    page: JSONObject = {"totalRows": str(len(rows))}
    if size:
        page["rows"] = [_cells(row) for row in rows[first : first + size]]
    if size and first + size < len(rows):
        page["pageToken"] = str(first + size)
    return page


def _cells(row: Sequence[object]) -> JSONObject:
    return {"f": [{"v": None if each is None else str(each)} for each in row]}
