"""Requests as they are recorded, and answers as they are sent."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

JSON: TypeAlias = "dict[str, JSON] | list[JSON] | str | int | float | bool | None"
JSONObject: TypeAlias = dict[str, JSON]


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request. `method` is the name that Google gives it: `jobs.insert`, `tables.get` …"""

    method: str
    project: str = ""
    subject: str = ""
    """What it is about: `project.dataset.table`, or the ID of a job; empty where nothing is."""

    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    """JSON, or what is uploaded. Empty in the records of a fake, which would grow without bounds;
    `size` is kept."""

    metadata: bytes = b""
    """JSON that describes what is uploaded; empty where nothing is."""

    size: int = 0
    """Of the body, in bytes."""

    def document(self) -> JSONObject:
        """Return the JSON object that was sent. Raises ValueError."""
        document: JSON = json.loads(self.metadata or self.body)
        if not isinstance(document, dict):
            raise ValueError("not an object")  # noqa: TRY004 - of the body, no program's fault
        return document


@dataclass(frozen=True, kw_only=True)
class Response:
    """An answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def answer(document: JSONObject, *, status: int = 200) -> Response:
    """Return an answer with a JSON document."""
    return Response(
        status=status,
        body=json.dumps(document).encode(),
        headers={"Content-Type": "application/json; charset=UTF-8"},
    )


def error(
    status: int, reason: str, message: str, *, retry_after_seconds: int | None = None
) -> Response:
    """Return an error in Google's form.

    https://cloud.google.com/bigquery/docs/error-messages
    """
    entry: JSONObject = {"message": message, "domain": "global", "reason": reason}
    made = answer({"error": {"code": status, "message": message, "errors": [entry]}}, status=status)
    if retry_after_seconds is None:
        return made
    headers = {**made.headers, "Retry-After": str(retry_after_seconds)}
    return Response(status=status, body=made.body, headers=headers)
