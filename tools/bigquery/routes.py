"""What a request over HTTP asks for, in Google's words."""

import re
from collections.abc import Mapping
from typing import Final

from tools.bigquery.messages import Request

_TABLES: Final = re.compile(r"/bigquery/v2/projects/([^/]+)/datasets/([^/]+)/tables(?:/([^/]+))?")
_DATA: Final = re.compile(_TABLES.pattern + "/data")
_JOBS: Final = re.compile(r"/bigquery/v2/projects/([^/]+)/jobs(?:/([^/]+))?")
_QUERIES: Final = re.compile(r"/bigquery/v2/projects/([^/]+)/queries(?:/([^/]+))?")
_UPLOADS: Final = re.compile(r"/upload/bigquery/v2/projects/([^/]+)/jobs")
# Google calls both `jobs.insert`; here that is the one that uploads a file.
_JOB_METHODS: Final = {("GET", True): "jobs.get", ("POST", False): "queries.insert"}
_QUERY_METHODS: Final = {("POST", False): "jobs.query", ("GET", True): "queries.getResults"}
_TABLE_METHODS: Final = {
    ("POST", False): "tables.insert",
    ("GET", True): "tables.get",
    ("PATCH", True): "tables.patch",
    ("DELETE", True): "tables.delete",
}
_UPLOAD_METHODS: Final = {
    ("POST", "multipart"): "jobs.insert",
    ("POST", "resumable"): "upload.begin",
    ("PUT", "resumable"): "upload.send",
}


def identify(
    command: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
) -> Request:
    """Return the request with the name of what it asks for; `unknown` where it is nothing."""
    method, project, subject = _name(command, path, query)
    return Request(
        method=method,
        project=project,
        subject=subject,
        query=query,
        headers=headers,
        body=body,
        size=len(body),
    )


def _name(command: str, path: str, query: Mapping[str, str]) -> tuple[str, str, str]:
    if match := _TABLES.fullmatch(path):
        project, dataset, table = match.groups()
        method = _TABLE_METHODS.get((command, table is not None), "unknown")
        return method, project, f"{project}.{dataset}.{table or ''}"
    if command == "GET" and (match := _DATA.fullmatch(path)):
        return "tabledata.list", match[1], ".".join(match.groups())
    for pattern, methods in ((_JOBS, _JOB_METHODS), (_QUERIES, _QUERY_METHODS)):
        if match := pattern.fullmatch(path):
            method = methods.get((command, match[2] is not None), "unknown")
            return method, match[1], match[2] or ""
    if match := _UPLOADS.fullmatch(path):
        upload = (command, query.get("uploadType", ""))
        return _UPLOAD_METHODS.get(upload, "unknown"), match[1], query.get("upload_id", "")
    return "unknown", "", ""
