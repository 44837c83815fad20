"""YAML that lets the volunteer observe more than nodes: a role of its own, easily taken away."""

import json
from typing import Final

from volunteer.cluster.object_kinds import WORKLOADS_ROLE

_OPTIONAL_ACCESS: Final = """\
---
# Only for --include workloads: without that flag, delete this role and its binding.
# Kubernetes has no permission to count. `list` lets whoever holds this token read the objects
# whole: the names of all namespaces, and of all pods the images, commands, arguments and
# environment variables, with any passwords that stand there. The volunteer asks for metadata alone.
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: {role}
  labels:
{labels}
rules:
{rules}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: {role}
  labels:
{labels}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: {role}
subjects:
  - kind: ServiceAccount
    name: spartakus-volunteer
    namespace: spartakus-volunteer
"""

_RULE: Final = """\
  - apiGroups: {groups}
    resources: {plurals}
    verbs: ["list"]"""


def workloads_access(labels: str) -> str:
    """Return the documents that grant what `--include workloads` needs: a ClusterRole, bound.

    `labels` is YAML.
    """
    rules = "\n".join(
        _RULE.format(groups=json.dumps([group]), plurals=json.dumps(plurals))
        for group, plurals in WORKLOADS_ROLE.by_group().items()
    )
    return _OPTIONAL_ACCESS.format(role=WORKLOADS_ROLE.name, rules=rules, labels=labels)
