"""A request and a response as values: what the simulator saw and what it answers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

JsonObject: TypeAlias = dict[str, object]

JSON_CONTENT_TYPE: Final = "application/json"


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request. Header names are in lower case; a header or query parameter given twice keeps
    its last value, and `groups` all groups that it impersonates. `client` is the name in the
    client's certificate, if there was one.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    client: str | None = None


@dataclass(frozen=True, kw_only=True)
class Response:
    """One answer, complete with its body; `Content-Length` is added when it is sent."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(
        cls, document: object, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> "Response":
        """Encode a document as compact JSON."""
        return cls.from_bytes(compact_json(document), status=status, headers=headers)

    @classmethod
    def from_bytes(
        cls, body: bytes, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> "Response":
        """Answer with JSON that is encoded already."""
        return cls(
            status=status,
            body=body,
            headers={"Content-Type": JSON_CONTENT_TYPE, **(headers or {})},
        )


def compact_json(document: object) -> bytes:
    """Encode as the API server does: UTF-8, no spaces."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def status_response(
    *,
    code: int,
    reason: str,
    message: str,
    continue_token: str | None = None,
    retry_after_seconds: int | None = None,
) -> Response:
    """Make the `Status` object that every failed request to a Kubernetes API gets.

    Source: `metav1.Status` in k8s.io/apimachinery. `continue_token` is the `metadata.continue` of
    a 410; `retry_after_seconds` is given in `details` and in the `Retry-After` header.
    """
    document: JsonObject = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {} if continue_token is None else {"continue": continue_token},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    }
    headers = {}
    if retry_after_seconds is not None:
        document["details"] = {"retryAfterSeconds": retry_after_seconds}
        headers["Retry-After"] = str(retry_after_seconds)
    return Response.from_json(document, status=code, headers=headers)
