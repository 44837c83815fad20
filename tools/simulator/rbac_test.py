"""Refusals are worded as RBAC words them."""

import json

import pytest

from tools.simulator.messages import Request
from tools.simulator.rbac import forbidden_response


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (
            "/api/v1/nodes",
            (
                'nodes is forbidden: User "u" cannot list resource "nodes" in API group "" '
                "at the cluster scope"
            ),
        ),
        (
            "/apis/apps/v1/deployments",
            (
                'deployments is forbidden: User "u" cannot list resource "deployments" '
                'in API group "apps" at the cluster scope'
            ),
        ),
        (
            "/api/v1/namespaces/kube-system",
            (
                'namespaces "kube-system" is forbidden: User "u" cannot get resource "namespaces" '
                'in API group "" in the namespace "kube-system"'
            ),
        ),
        ("/version", 'forbidden: User "u" cannot get path "/version"'),
    ],
)
def test_message(path: str, message: str) -> None:
    """A 403 names the user, the verb, the kind, its group and the scope."""
    response = forbidden_response(Request(method="GET", path=path), user="u")
    status = json.loads(response.body)
    assert (response.status, status["reason"], status["message"]) == (403, "Forbidden", message)
