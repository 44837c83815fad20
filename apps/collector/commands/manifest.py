"""`collector manifest`: the YAML that installs a collector in a cluster."""

import re
from typing import Annotated, Final, TypeAlias

import typer

from collector.commands.values import whole
from collector.manifest import monitoring
from collector.manifest.documents import BigQuery, Installation, OneFile, render
from collector.warehouse.bigquery import BigQueryTable

_IMAGE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]*")
_SIZE: Final = re.compile(r"[1-9]\d{0,8}(Mi|Gi|Ti)")
_EMAIL: Final = re.compile(r"[a-z][a-z0-9-]*@[a-z0-9.-]+")

_Image: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="IMAGE", help="The collector's image, with its tag or digest. Always needed."
    ),
]
_Database: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="bigquery://PROJECT.DATASET.TABLE",
        help="Where reports end up. By default Parquet files on a volume.",
    ),
]
_Replicas: TypeAlias = Annotated[
    int | None,
    typer.Option(
        metavar="COUNT",
        parser=whole(1, 100),
        help="Pods, with BigQuery; 2 by default. A folder is one pod's.",
    ),
]
_Storage: TypeAlias = Annotated[
    str, typer.Option(metavar="SIZE", help="Size of each volume, such as 10Gi.")
]
_ServiceAccount: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="EMAIL",
        help="Google service account to act as, by workload identity. Not needed where the roles"
        " are granted to the Kubernetes service account.",
    ),
]

_Monitoring: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--monitoring",
        help="Print instead what watches it: for the Prometheus operator, and Grafana.",
    ),
]
_Alerts: TypeAlias = Annotated[
    bool, typer.Option("--alerts", help="Print instead the alerts, as Prometheus' rule file.")
]
_Dashboard: TypeAlias = Annotated[
    bool, typer.Option("--dashboard", help="Print instead the dashboard, as Grafana's JSON.")
]


def manifest(
    *,
    image: _Image = "",
    database: _Database = "",
    replicas: _Replicas = None,
    storage: _Storage = "10Gi",
    google_service_account: _ServiceAccount = "",
    with_monitoring: _Monitoring = False,
    with_alerts: _Alerts = False,
    with_dashboard: _Dashboard = False,
) -> None:
    """Print the YAML that installs a collector in a cluster. Nothing is installed by this."""
    wanted = {
        monitoring.in_cluster: with_monitoring,
        monitoring.alerts: with_alerts,
        monitoring.dashboard: with_dashboard,
    }
    chosen = [text for text, is_wanted in wanted.items() if is_wanted]
    if len(chosen) > 1:
        raise typer.BadParameter("--monitoring, --alerts and --dashboard exclude each other")
    if chosen:
        typer.echo(chosen[0](), nl=False)
        return
    _require(_IMAGE_NAME, image, "--image", "an image's name, such as example.org/collector:2")
    _require(_SIZE, storage, "--storage", "a size in Mi, Gi or Ti, such as 10Gi")
    if google_service_account:
        _require(_EMAIL, google_service_account, "--google-service-account", "an e-mail address")
    installation = Installation(
        image=image,
        storage=storage,
        database=_database(database, replicas, google_service_account),
    )
    typer.echo(render(installation), nl=False)


def _database(address: str, replicas: int | None, service_account: str) -> OneFile | BigQuery:
    if address:
        return BigQuery(
            table=BigQueryTable.parse(address),
            replicas=replicas or 2,
            service_account=service_account,
        )
    for given, flag in ((replicas, "--replicas"), (service_account, "--google-service-account")):
        if given:
            raise typer.BadParameter(
                "goes with --database=bigquery://…; a folder of Parquet files belongs to one pod",
                param_hint=flag,
            )
    return OneFile()


def _require(rule: re.Pattern[str], value: str, flag: str, description: str) -> None:
    if rule.fullmatch(value) is None:
        raise typer.BadParameter(f"must be {description}", param_hint=flag)
