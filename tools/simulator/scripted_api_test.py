"""The script of faults, applied to requests in their order."""

import json
from pathlib import Path
from typing import Any

import pytest

from tools.simulator.cluster import Cluster
from tools.simulator.faults import (
    ExpiredToken,
    Forbidden,
    RotateToken,
    Rule,
    Script,
    SlowBytes,
    Verbatim,
    internal_error,
    throttled,
    unavailable,
)
from tools.simulator.messages import Request, Response
from tools.simulator.scripted_api import ScriptedAPI

NODES = "/api/v1/nodes"


def scripted(*rules: Rule, token: str | None = None) -> ScriptedAPI:
    return ScriptedAPI(Cluster.generate(nodes=5), Script(rules=rules, token=token))


def ask(server: ScriptedAPI, path: str = NODES, *, token: str = "", **query: str) -> Response:
    request = Request(
        method="GET", path=path, query=query, headers={"authorization": f"Bearer {token}"}
    )
    return server.handle(request).response


def body(response: Response) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(response.body)
    return decoded


def test_records() -> None:
    """Requests are recorded in the order in which they came."""
    server = scripted()
    ask(server, "/version")
    ask(server, limit="2")
    assert [(each.path, each.query) for each in server.requests] == [
        ("/version", {}),
        (NODES, {"limit": "2"}),
    ]


def test_counts_by_path() -> None:
    """A rule counts the requests of its own path only."""
    server = scripted(Rule(path=NODES, fault=internal_error(), first=2))
    statuses = [ask(server, path).status for path in ("/version", NODES, "/version", NODES, NODES)]
    assert statuses == [200, 200, 200, 500, 200]


def test_unavailable() -> None:
    """A 503 says in header and body when to come back."""
    response = ask(scripted(Rule(path=NODES, fault=unavailable(retry_after_seconds=7))))
    assert (response.status, response.headers["Retry-After"]) == (503, "7")
    assert body(response)["details"] == {"retryAfterSeconds": 7}


def test_throttled() -> None:
    """A 429 is plain text with Retry-After, as Priority and Fairness answers."""
    response = ask(scripted(Rule(path=NODES, fault=throttled(1))))
    assert (response.status, response.headers["Retry-After"]) == (429, "1")
    assert response.headers["Content-Type"].startswith("text/plain")


def test_forbidden() -> None:
    """A forbidden request is told what RBAC lacks."""
    response = ask(scripted(Rule(path=NODES, fault=Forbidden(user="system:serviceaccount:a:b"))))
    assert response.status == 403
    assert (
        'User "system:serviceaccount:a:b" cannot list resource "nodes"'
        in (body(response)["message"])
    )


def test_verbatim() -> None:
    """Any answer can be put in place of the right one."""
    fault = Verbatim(code=200, body=b"<html>", headers={"Content-Type": "text/html"})
    response = ask(scripted(Rule(path=NODES, fault=fault)))
    assert (response.status, response.body) == (200, b"<html>")
    assert response.headers == {"Content-Type": "text/html"}


def test_expired_for_good() -> None:
    """A token that expired once is expired on every later request."""
    server = scripted(Rule(path=NODES, fault=ExpiredToken(), first=2))
    token = body(ask(server, limit="2"))["metadata"]["continue"]
    answers = [ask(server, **{"continue": token}) for _ in range(3)]
    assert [answer.status for answer in answers] == [410, 410, 410]
    successor = body(answers[0])["metadata"]["continue"]
    assert len(body(ask(server, **{"continue": successor}))["items"]) == 3


def test_expired_without_successor() -> None:
    """A 410 may come without a token to go on with."""
    server = scripted(Rule(path=NODES, fault=ExpiredToken(fresh=False), first=2))
    token = body(ask(server, limit="2"))["metadata"]["continue"]
    assert body(ask(server, **{"continue": token}))["metadata"] == {}


def test_expiry_spares_new_lists() -> None:
    """A request without a token neither expires nor makes other tokens expire."""
    server = scripted(Rule(path=NODES, fault=ExpiredToken(), first=2))
    token = body(ask(server, limit="2"))["metadata"]["continue"]
    assert ask(server, limit="2").status == 200
    assert ask(server, **{"continue": token}).status == 200


@pytest.mark.parametrize(("token", "status"), [("right", 200), ("wrong", 401), ("", 401)])
def test_bearer_token(token: str, status: int) -> None:
    """Where a token is asked for, only the right one is let in."""
    response = ask(scripted(token="right"), token=token)
    assert response.status == status
    assert status == 200 or body(response)["reason"] == "Unauthorized"


@pytest.mark.parametrize(
    ("header", "status"), [("bearer right", 200), ("BEARER right", 200), ("Basic right", 401)]
)
def test_authorization_scheme(header: str, status: int) -> None:
    """The scheme is `Bearer`, in any case."""
    request = Request(method="GET", path=NODES, headers={"authorization": header})
    assert scripted(token="right").handle(request).response.status == status


def test_rotation(tmp_path: Path) -> None:
    """A rotated token is in its file before the old one is refused."""
    token_file = tmp_path / "token"
    token_file.write_text("old")
    rotation = RotateToken(token="new", token_file=token_file)
    server = scripted(Rule(path=NODES, fault=rotation, first=2), token="old")
    assert ask(server, token="old").status == 200
    assert ask(server, token="old").status == 401
    assert token_file.read_text() == "new"
    assert ask(server, token="new").status == 200


def test_fault_of_the_connection() -> None:
    """A fault of the connection keeps the right answer and changes how it is sent."""
    slow = SlowBytes(bytes_at_a_time=1, pause_seconds=0)
    delivery = scripted(Rule(path="/version", fault=slow)).handle(
        Request(method="GET", path="/version")
    )
    assert delivery.fault == slow
    assert delivery.response == ask(scripted(), "/version")


def test_wait_gives_up() -> None:
    """Waiting for a request that does not come ends with an error that names it."""
    with pytest.raises(TimeoutError, match="request number 1 of /version"):
        scripted().wait_for_request("/version", nth=1, seconds=0)
