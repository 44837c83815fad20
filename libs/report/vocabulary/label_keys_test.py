"""The label keys that are looked for."""

import re

import pytest

from report.vocabulary.label_keys import node_role, public_label_keys


@pytest.mark.parametrize(
    ("keys", "role"),
    [
        ((), "worker"),
        (("node-role.kubernetes.io/control-plane",), "control-plane"),
        (("node-role.kubernetes.io/master",), "control-plane"),
        (("eks.amazonaws.com/nodegroup",), "worker"),
        (("node-role.kubernetes.io/worker", "node-role.kubernetes.io/infra"), "worker"),
        (("node-role.kubernetes.io/worker", "node-role.kubernetes.io/master"), "control-plane"),
    ],
)
def test_role(keys: tuple[str, ...], role: str) -> None:
    """A node is of the control plane where it has one of the two keys, and else a worker."""
    assert node_role(frozenset(keys)) == role


def test_keys() -> None:
    """The keys are label keys with a prefix, each of them once, those of roles among them."""
    keys = public_label_keys()
    assert len(set(keys)) == len(keys)
    assert all(re.fullmatch(r"[a-z0-9.-]+(/[A-Za-z0-9._-]+)?", key) for key in keys)
    assert {"node-role.kubernetes.io/master", "microk8s.io/cluster"} < set(keys)
