"""The YAML that installs a collector in a cluster: pure text, for a person to read and to apply.

Every value of the operator's is written as a JSON string, which is a string of YAML too.
"""

import json
from dataclasses import dataclass
from typing import Final

from collector.manifest import parts
from collector.version import VERSION
from collector.warehouse.bigquery import BigQueryTable

SHUTDOWN_DELAY_SECONDS: Final = 5
"""How long Services and load balancers get to notice that a pod is about to end."""

MEMORY_LIMIT: Final = "1Gi"
"""Twice the peak that was measured while large reports were drained to Parquet files."""

_DRAIN_SECONDS: Final = 20
_SECONDS_A_JOB: Final = 60
"""For a table that all pods fill: BigQuery allows 1,500 load jobs a table and day."""

_LONGEST_BATCH_SECONDS: Final = 3_600
_REQUESTS_SECONDS: Final = 15


@dataclass(frozen=True, kw_only=True)
class OneFile:
    """Reports end up in Parquet files on the volume: one pod, which nothing may run beside."""


@dataclass(frozen=True, kw_only=True)
class BigQuery:
    """Reports end up in BigQuery, by way of a spool of each pod's own.

    `service_account` is the e-mail address of a Google service account to act as; empty where the
    roles are granted to the Kubernetes service account itself.
    """

    table: BigQueryTable
    replicas: int
    service_account: str = ""


@dataclass(frozen=True, kw_only=True)
class Installation:
    """What to install, already checked. `storage` is the size of a volume, as Kubernetes has it."""

    image: str
    storage: str
    database: OneFile | BigQuery


def render(installation: Installation) -> str:
    """Return the manifest, ready for `kubectl apply`."""
    match installation.database:
        case OneFile():
            return _render(
                installation,
                [parts.CLAIM, parts.DEPLOYMENT, parts.POLICY_OF_ONE_FILE],
                destination="Parquet files",
                annotations="{}",
            )
        case BigQuery() as database:
            return _render(
                installation,
                [parts.PEERS, parts.STATEFUL_SET, parts.BUDGET, parts.POLICY_OF_BIGQUERY],
                destination=f"BigQuery, {database.table}",
                annotations=_workload_identity(database.service_account),
                replicas=str(database.replicas),
            )


def _render(installation: Installation, documents: list[str], **values: str) -> str:
    return "---\n".join([parts.HEAD, parts.COMMON, *documents]).format(
        version=VERSION,
        storage=installation.storage,
        pod=_indented(_pod(installation), 4),
        **values,
    )


def _workload_identity(service_account: str) -> str:
    """Return annotations of a ServiceAccount, as JSON.

    https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity
    """
    return json.dumps(
        {"iam.gke.io/gcp-service-account": service_account} if service_account else {}
    )


def _pod(installation: Installation) -> str:
    grace = SHUTDOWN_DELAY_SECONDS + _REQUESTS_SECONDS + _DRAIN_SECONDS
    return parts.POD.format(
        image=json.dumps(installation.image),
        arguments=_indented(_arguments(installation.database), 8),
        variables=_indented(_variables(installation.database), 8),
        grace_seconds=grace,
        admin_port=parts.ADMIN_PORT,
        memory_limit=MEMORY_LIMIT,
        volumes=parts.CLAIMED_VOLUME if isinstance(installation.database, OneFile) else "",
    )


def _arguments(database: OneFile | BigQuery) -> str:
    """Return the program's flags as a YAML list, one to a line."""
    flags = [
        "--host=0.0.0.0",
        "--admin-host=0.0.0.0",
        f"--admin-port={parts.ADMIN_PORT}",
        f"--shutdown-delay={SHUTDOWN_DELAY_SECONDS}",
        f"--shutdown-grace={_DRAIN_SECONDS}",
    ]
    if isinstance(database, BigQuery):
        seconds = min(_SECONDS_A_JOB * database.replicas, _LONGEST_BATCH_SECONDS)
        flags.append(f"--batch-seconds={seconds}")
    return "\n".join(f"- {json.dumps(flag)}" for flag in flags)


def _variables(database: OneFile | BigQuery) -> str:
    """Return as a YAML list what the program's other commands, run in the pod, have to know too."""
    # Below the volume's root, which belongs to the cluster and is open to its group.
    variables = {"SPARTAKUS_DATA_DIR": "/data/collector"}
    if isinstance(database, BigQuery):
        variables["SPARTAKUS_DATABASE"] = f"bigquery://{database.table}"
    return "\n".join(
        f"- name: {name}\n  value: {json.dumps(value)}" for name, value in variables.items()
    )


def _indented(text: str, spaces: int) -> str:
    return "\n".join(" " * spaces + line if line else "" for line in text.splitlines())
