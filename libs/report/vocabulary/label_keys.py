"""The label keys that are looked for on nodes, and the role that two of them tell.

Only whether a node has such a key counts, never its value, and neither is ever sent.
"""

from functools import cache
from typing import Final

from report.vocabulary.distributions import distributions

CONTROL_PLANE: Final = "control-plane"
WORKER: Final = "worker"

# The second is the older: Kubernetes 1.20 deprecated it, 1.24 stopped setting it.
# https://kubernetes.io/docs/reference/labels-annotations-taints/#node-role-kubernetes-io-control-plane
_CONTROL_PLANE_KEYS: Final = frozenset(
    {"node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"}
)


@cache
def public_label_keys() -> tuple[str, ...]:
    """Return all keys that are looked for, each once."""
    marks = (mark for distribution in distributions() for mark in distribution.marks)
    return tuple(sorted(_CONTROL_PLANE_KEYS | {mark.label for mark in marks if mark.label}))


def node_role(label_keys: frozenset[str]) -> str:
    """Return the role of a node that has these of the public keys."""
    return WORKER if label_keys.isdisjoint(_CONTROL_PLANE_KEYS) else CONTROL_PLANE
