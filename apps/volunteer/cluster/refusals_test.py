"""A cluster that the volunteer may not observe: credentials, permissions, or no API server."""

import logging
from pathlib import Path

import pytest

from tools.simulator import Forbidden, RotateToken, Rule, Verbatim
from volunteer.cluster.errors import ClusterAnswerUnexpected, ClusterForbidden, ClusterUnauthorized
from volunteer.cluster.observation import observe
from volunteer.cluster.testing import NODES, names_of, simulated


def test_rotated_token(tmp_path: Path) -> None:
    """A token that is rotated between two pages is read again."""
    rotation = Rule(path=NODES, first=2, fault=RotateToken(token="new"))
    with simulated(tmp_path, rotation, token="old") as (listing, simulator):
        nodes = iter(observe(listing, with_uid=False).nodes)
        names = [next(nodes).name.reveal()]
        simulator.kubeconfig(tmp_path / "kubeconfig", token="new")
        names += [node.name.reveal() for node in nodes]
    assert len(set(names)) == 7


def test_wrong_token(tmp_path: Path) -> None:
    """Credentials that stay wrong after a second reading end it without more attempts."""
    rotation = Rule(path=NODES, fault=RotateToken(token="new"))
    with (
        simulated(tmp_path, rotation, token="old") as (listing, simulator),
        pytest.raises(
            ClusterUnauthorized,
            match=r"credentials \(401\): .*token: renew this token$",
        ),
    ):
        names_of(listing)
    assert sum(request.path == NODES for request in simulator.requests) == 2


def test_events_of_a_listing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """With -v each page is told, and the second reading of credentials, without name or address."""
    rotation = Rule(path=NODES, first=2, fault=RotateToken(token="new"))
    with (
        caplog.at_level(logging.DEBUG, logger="volunteer"),
        simulated(tmp_path, rotation, token="old") as (listing, simulator),
    ):
        nodes = iter(observe(listing, with_uid=False).nodes)
        next(nodes)
        simulator.kubeconfig(tmp_path / "kubeconfig", token="new")
        list(nodes)
    assert [record.getMessage() for record in caplog.records] == [
        "read a page of 3 nodes",
        "the credentials are not accepted; reading them again",
        "read a page of 3 nodes",
        "read a page of 1 nodes",
    ]


def test_forbidden(tmp_path: Path) -> None:
    """A missing rule of RBAC is named, with what grants it, on one line to be pasted into a shell,
    and no name of an account.
    """
    user = "system:serviceaccount:census:volunteer"
    rule = Rule(path=NODES, fault=Forbidden(user=user))
    with (
        simulated(tmp_path, rule) as (listing, simulator),
        pytest.raises(ClusterForbidden) as refusal,
    ):
        names_of(listing)
    assert str(refusal.value) == (
        f"cluster at {simulator.url}: forbids `list nodes` (RBAC); this grants it:"
        " kubectl create clusterrole spartakus-volunteer --verb=list --resource=nodes"
        " && kubectl create clusterrolebinding spartakus-volunteer"
        " --clusterrole=spartakus-volunteer --serviceaccount=YOUR-NAMESPACE:YOUR-ACCOUNT"
    )


def test_forbidden_person(tmp_path: Path) -> None:
    """A person's name is not repeated."""
    rule = Rule(path=NODES, fault=Forbidden(user="jane@example.com"))
    with simulated(tmp_path, rule) as (listing, _), pytest.raises(ClusterForbidden) as refusal:
        names_of(listing)
    assert str(refusal.value).endswith("--user=YOUR-USER")


@pytest.mark.parametrize(
    "fault",
    [
        Verbatim(code=200, body=b"<html>log in</html>"),
        Verbatim(code=200, body=b"{}"),
        Verbatim(code=302, body=b""),
        Verbatim(code=404, body=b""),
    ],
)
def test_something_else(tmp_path: Path, fault: Verbatim) -> None:
    """What does not answer as the Kubernetes API does is named as such."""
    with (
        simulated(tmp_path, Rule(path=NODES, fault=fault)) as (listing, simulator),
        pytest.raises(ClusterAnswerUnexpected) as refusal,
    ):
        names_of(listing)
    assert str(refusal.value).startswith(f"cluster at {simulator.url}: ")
    assert "html" not in str(refusal.value)
