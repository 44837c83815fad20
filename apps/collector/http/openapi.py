"""The HTTP interface described as OpenAPI 3.1: `/openapi.json`.

The schemas of report and release come from the contract's own types and the statuses from the table
of `problems`, so the description cannot fall behind them.
"""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

import msgspec

from collector.http.problems import PROBLEM_CONTENT_TYPE, STATUSES, Row
from collector.publishing.site import LATEST, TABLE
from report.json_schema import json_schema

_SCHEMAS: Final = "#/components/schemas/"
_TEXT: Final = {"text/plain": {"schema": {"type": "string"}}}
_PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "required": ["title", "status", "detail"],
    "properties": {
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "path": {"type": "string", "description": "Where in the report, as a JSON path."},
        "rule": {"type": "string", "description": "The rule that it breaks."},
    },
}
_READINESS: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["ready", "reasons"],
    "properties": {
        "ready": {"type": "boolean"},
        "reasons": {"type": "array", "items": {"type": "string"}},
    },
}


def openapi_document(version: str, release_schema: Mapping[str, Any] | None = None) -> bytes:
    """Return the description of a collector of that version, as JSON.

    `release_schema` describes what it publishes, None where that is nothing.
    """
    report_schema = json_schema()
    published = {} if release_schema is None else release_schema["$defs"]
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "Spartakus collector",
            "version": version,
            "description": "Receives anonymous reports of Kubernetes clusters. "
            + report_schema["$comment"],
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": {**_paths(), **(_published_paths() if published else {})},
        "components": {"schemas": {"Problem": _PROBLEM, **report_schema["$defs"], **published}},
    }
    # The definitions of a schema refer to one another; they have moved.
    return msgspec.json.encode(document).replace(b'"#/$defs/', f'"{_SCHEMAS}'.encode())


def _paths() -> dict[str, Any]:
    return {
        "/": _got("What this is.", {**_TEXT, "text/html": {"schema": {"type": "string"}}}),
        "/api/v1": {"post": _post_operation()},
        "/healthz": _text_at("The process is alive."),
        "/openapi.json": {
            "get": {
                "summary": "This document.",
                "responses": {"200": _json("This document.", {"type": "object"})},
            }
        },
        "/readyz": {
            "get": {
                "summary": "Whether a report would be accepted.",
                "responses": {
                    "200": _json("It would.", _READINESS),
                    "503": _json("It would not, for these reasons.", _READINESS),
                },
            }
        },
        "/version": _text_at("The version of the collector."),
    }


def _published_paths() -> dict[str, Any]:
    others = {
        "304": {"description": "What If-None-Match names is still the same."},
        "404": _problem(STATUSES[HTTPStatus.NOT_FOUND]),
    }
    release = {"application/json": {"schema": {"$ref": f"{_SCHEMAS}Release"}}}
    table = {"text/csv": {"schema": {"type": "string"}}}
    name = {
        "name": "name",
        "in": "path",
        "required": True,
        "description": "A month, week or quarter.",
        "schema": {"type": "string", "examples": ["2026-11", "2026-W47", "2026-Q4"]},
    }
    return {
        LATEST: _got("The latest release.", release, others),
        f"{LATEST}/{{name}}": {**_got("A release.", release, others), "parameters": [name]},
        TABLE: _got("All releases, one row for each answer.", table, others),
    }


def _post_operation() -> dict[str, Any]:
    return {
        "summary": "Deliver a report.",
        "parameters": [
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "Makes a retry safe for 48 hours: the same key, the same report.",
                "schema": {"type": "string", "pattern": "^[!-~]{1,128}$"},
            }
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": f"{_SCHEMAS}Report"}}},
        },
        "responses": {
            "204": {"description": "On disk, fsynced; or a repeat of a report that already is."},
            **{
                str(status.value): _problem(row)
                for status, row in STATUSES.items()
                if row.is_of_posts
            },
        },
    }


def _problem(row: Row) -> dict[str, Any]:
    problem: dict[str, Any] = {
        "description": row.meaning,
        "content": {PROBLEM_CONTENT_TYPE: {"schema": {"$ref": f"{_SCHEMAS}Problem"}}, **_TEXT},
    }
    if row.may_retry:
        problem["headers"] = {
            "Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}
        }
    return problem


def _text_at(meaning: str) -> dict[str, Any]:
    return _got(meaning, _TEXT)


def _got(
    meaning: str, content: Mapping[str, Any], others: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Any]:
    answered = {"200": {"description": meaning, "content": content}, **others}
    return {"get": {"summary": meaning, "responses": answered}}


def _json(meaning: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": meaning, "content": {"application/json": {"schema": schema}}}
