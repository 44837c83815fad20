"""The YAML that installs a collector in a cluster, made of the files beside this one."""

import json
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from collector.warehouse.bigquery import BigQueryTable
from manifests import fill, items, quoted, read
from release import VERSION

_PACKAGE: Final = "collector.manifest"
_SECONDS_A_JOB: Final = 60
"""For a table that all pods fill: BigQuery allows 1,500 load jobs a table and day."""

_LONGEST_BATCH_SECONDS: Final = 3_600
_FOLDER: Final = {"destination": "Parquet files", "annotations": "{}", "more_arguments": ""}


class BigQuery(Struct, frozen=True, kw_only=True):
    """Reports end up in BigQuery, by way of a spool of each pod's own.

    `service_account` is the e-mail address of a Google service account to act as; empty where the
    roles are granted to the Kubernetes service account itself.
    """

    table: BigQueryTable
    replicas: int
    service_account: str = ""


def render(
    *, image: str, storage: str, bigquery: BigQuery | None, variables: Mapping[str, str]
) -> str:
    """Return the manifest, ready for `kubectl apply`.

    `storage` is the size of a volume, as Kubernetes has it; `variables` are more of the collector's
    environment. Without `bigquery` reports end up in Parquet files on the volume: one pod, which
    nothing may run beside.
    """
    values = dict(_FOLDER) if bigquery is None else _values_of(bigquery)
    # Variables, because the program's other commands, run in the pod, have to know them too.
    database = {} if bigquery is None else {"SPARTAKUS_DATABASE": bigquery.table.text}
    values["more_variables"] = "".join(
        f"- name: {name}\n  value: {quoted(value)}\n"
        for name, value in {**database, **variables}.items()
    )
    values |= {"version": VERSION, "image": quoted(image), "storage": storage}
    values |= {"volumes": read(_PACKAGE, "volumes.yaml") if bigquery is None else ""}
    values |= {"pod": fill(read(_PACKAGE, "pod.yaml"), values)}
    workload = "folder.yaml" if bigquery is None else "bigquery.yaml"
    return fill(read(_PACKAGE, "common.yaml") + read(_PACKAGE, workload), values)


def _values_of(bigquery: BigQuery) -> dict[str, str]:
    seconds = min(_SECONDS_A_JOB * bigquery.replicas, _LONGEST_BATCH_SECONDS)
    return {
        "destination": f"BigQuery, {bigquery.table}",
        "annotations": _workload_identity(bigquery.service_account),
        "replicas": str(bigquery.replicas),
        "more_arguments": items([f"--batch-seconds={seconds}"]),
    }


def _workload_identity(service_account: str) -> str:
    """Return annotations of a ServiceAccount, as JSON.

    https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity
    """
    return json.dumps(
        {"iam.gke.io/gcp-service-account": service_account} if service_account else {}
    )


def alerts() -> str:
    """Return the alerts, as a rule file of Prometheus."""
    return read(_PACKAGE, "alerts.yaml")


def dashboard() -> str:
    """Return the dashboard, as the JSON that Grafana imports."""
    return read(_PACKAGE, "dashboard.json")


def monitoring() -> str:
    """Return both, and what has Prometheus read the metrics, ready for `kubectl apply`."""
    rules = "\n".join(line for line in alerts().splitlines() if line and not line.startswith("#"))
    return fill(read(_PACKAGE, "monitoring.yaml"), {"alerts": rules, "dashboard": dashboard()})
