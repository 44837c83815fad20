"""The YAML that installs the volunteer in a cluster: pure text, for a person to read and to apply.

Every value of the user's is written as a JSON string, which is a string of YAML too.
"""

import json
from enum import Enum
from typing import Final

from msgspec import Struct

from volunteer.manifest.roles import workloads_access
from volunteer.version import VERSION

NAMESPACE: Final = "spartakus-volunteer"
KEY_DIRECTORY: Final = "/etc/spartakus"
OLDEST_KUBERNETES: Final = "1.21"
"""The first that serves `batch/v1` for CronJobs, and has immutable Secrets for good."""
MEMORY_LIMIT: Final = "128Mi"
"""docs/performance.md has the measured peak at 5,000 nodes, which is well below."""

LABELS: Final = f"""\
    app.kubernetes.io/name: spartakus-volunteer
    app.kubernetes.io/version: {VERSION}
    app.kubernetes.io/part-of: spartakus
    app.kubernetes.io/managed-by: volunteer-manifest"""
"""The labels that Kubernetes recommends for all tools, as YAML below `labels:`."""

_JITTER_HOURS: Final = 22
_RETRY_HOURS: Final = 1
ACTIVE_DEADLINE_SECONDS: Final = 24 * 3600 - 600
"""How long a job may take: jitter, an observation of ten minutes and retries fit into it."""

_HEAD: Final = """\
# Installs the Spartakus volunteer {version}: an anonymous report of this cluster, once a day, to
# {destination}
#
#     kubectl apply -f FILE       installs it
#     kubectl delete -f FILE      removes all of it
#
# Needs Kubernetes {oldest_kubernetes} or later.
#
# Keep this file. The Secret below gives the cluster and its nodes their pseudonyms: another one
# makes another cluster of it in the census. To change or upgrade, print a new file with
# `manifest --keep FILE`, which takes the Secret and the schedule from this one, and apply that.
"""

_ACCESS: Final = """\
---
apiVersion: v1
kind: Namespace
metadata:
  name: spartakus-volunteer
  labels:
{labels}
    pod-security.kubernetes.io/enforce: restricted
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: spartakus-volunteer
  namespace: spartakus-volunteer
  labels:
{labels}
automountServiceAccountToken: false
---
# All that the volunteer may do in this cluster.
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: spartakus-volunteer
  labels:
{labels}
rules:
  - apiGroups: [""]
    resources: ["nodes"]
    verbs: ["list"]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: spartakus-volunteer
  labels:
{labels}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: spartakus-volunteer
subjects:
  - kind: ServiceAccount
    name: spartakus-volunteer
    namespace: spartakus-volunteer
---
# Made at random when this file was printed. Immutable, so that a file printed anew cannot replace
# it by accident.
apiVersion: v1
kind: Secret
metadata:
  name: spartakus-volunteer
  namespace: spartakus-volunteer
  labels:
{labels}
type: Opaque
immutable: true
stringData:
  key: "{key}"
"""

_CRON_JOB: Final = """\
---
apiVersion: batch/v1
kind: CronJob
metadata:
  name: spartakus-volunteer
  namespace: spartakus-volunteer
  labels:
{labels}
spec:
  # The job starts at a time drawn at random when this was printed, and then sleeps for a random
  # part of --jitter: the hour of its report is another one each day, and tells no cluster apart.
  schedule: "{minute} {hour} * * *"
  concurrencyPolicy: Forbid
  successfulJobsHistoryLimit: 1
  failedJobsHistoryLimit: 1
  jobTemplate:
    spec:
      # Asleep, delivering, or stuck: it is over before tomorrow's starts, which Forbid would skip.
      activeDeadlineSeconds: {active_deadline_seconds}
      # A pod that was evicted in its sleep gets another; else tomorrow's report is as good.
      backoffLimit: 1
      template:
{pod}"""

_DEPLOYMENT: Final = """\
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: spartakus-volunteer
  namespace: spartakus-volunteer
  labels:
{labels}
spec:
  replicas: 1
  strategy:
    type: Recreate
  revisionHistoryLimit: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: spartakus-volunteer
  template:
{pod}"""

_POD: Final = """\
metadata:
  labels:
{labels}
spec:
  nodeSelector:
    kubernetes.io/os: linux
  serviceAccountName: spartakus-volunteer
  automountServiceAccountToken: true
  # Variables made for a Service called spartakus would be taken for flags.
  enableServiceLinks: false
  restartPolicy: {restart_policy}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    seccompProfile:
      type: RuntimeDefault
  containers:
    - name: volunteer
      image: {image}
      args:
{arguments}
      resources:
        requests:
          cpu: 1m
          memory: 10Mi
        limits:
          memory: {memory_limit}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: ["ALL"]
      volumeMounts:
        - name: key
          mountPath: {key_directory}
          readOnly: true
  volumes:
    - name: key
      secret:
        secretName: spartakus-volunteer
        defaultMode: 0440
"""


class Kind(Enum):
    """What runs the volunteer: started once a day, or always there and asleep between reports."""

    CRON_JOB = "CronJob"
    DEPLOYMENT = "Deployment"


class DailyTime(Struct, frozen=True, kw_only=True):
    """When a CronJob starts, in the time zone of the cluster's control plane."""

    hour: int
    minute: int

    @property
    def is_valid(self) -> bool:
        """Whether there is such a time."""
        return self.hour in range(24) and self.minute in range(60)


class Installation(Struct, frozen=True, kw_only=True):
    """What to install. `database` and `cluster_id` are values of the flags of these names, already
    checked; `key` is the secret that keys the pseudonyms, 32 random bytes. `with_workloads` is
    whether to report these too, and to allow it.
    """

    kind: Kind
    image: str
    database: str
    cluster_id: str
    key: bytes
    daily_time: DailyTime
    with_workloads: bool = False


def render(installation: Installation) -> str:
    """Return the manifest, ready for `kubectl apply`."""
    head = _HEAD.format(
        version=VERSION,
        destination=installation.database,
        oldest_kubernetes=OLDEST_KUBERNETES,
    )
    access = _ACCESS.format(key=installation.key.hex(), labels=LABELS)
    pod = _POD.format(
        labels=LABELS,
        restart_policy="Never" if installation.kind is Kind.CRON_JOB else "Always",
        image=_quoted(installation.image),
        arguments=_indented(_arguments(installation), 8),
        memory_limit=MEMORY_LIMIT,
        key_directory=KEY_DIRECTORY,
    )
    if installation.with_workloads:
        access += workloads_access(LABELS)
    return f"{head}{access}{_runner(installation, pod)}\n"


def _runner(installation: Installation, pod: str) -> str:
    match installation.kind:
        case Kind.CRON_JOB:
            time = installation.daily_time
            return _CRON_JOB.format(
                labels=LABELS,
                hour=time.hour,
                minute=time.minute,
                active_deadline_seconds=ACTIVE_DEADLINE_SECONDS,
                pod=_indented(pod, 8),
            )
        case Kind.DEPLOYMENT:
            return _DEPLOYMENT.format(labels=LABELS, pod=_indented(pod, 4))


def _arguments(installation: Installation) -> str:
    """Return the program's flags as a YAML list, one to a line."""
    one_report = ["--period=0", f"--jitter={_JITTER_HOURS}h", f"--retry-for={_RETRY_HOURS}h"]
    flags = [
        f"--cluster-id={installation.cluster_id}",
        f"--key-file={KEY_DIRECTORY}/key",
        f"--database={installation.database}",
        *(["--include=workloads"] if installation.with_workloads else []),
        *(one_report if installation.kind is Kind.CRON_JOB else ["--period=24h"]),
    ]
    # Kubernetes replaces $(NAME) in arguments; $$ stands for the character itself.
    return "\n".join(f"- {_quoted(flag.replace('$', '$$'))}" for flag in flags)


def _quoted(text: str) -> str:
    # As it is beyond ASCII: JSON escapes some characters in two halves, which YAML does not join.
    return json.dumps(text, ensure_ascii=False)


def _indented(text: str, spaces: int) -> str:
    return "\n".join(" " * spaces + line for line in text.splitlines())
