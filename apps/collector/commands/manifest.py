"""`collector manifest`: the YAML that installs a collector in a cluster."""

import re
from datetime import date
from typing import Final

import typer
from msgspec import Struct

from collector.manifest.documents import (
    BigQuery,
    alerts,
    dashboard,
    monitoring,
    render,
)
from collector.settings import Settings
from collector.values import Publish, matching, whole
from collector.warehouse.bigquery import BigQueryTable
from command_line.errors import InvalidOption, UsageError
from command_line.flags import flag, flags_of, like, names_of, switch, variable_of
from command_line.program import Command

_IMAGE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]*")
_SIZE: Final = re.compile(r"[1-9]\d{0,8}(Mi|Gi|Ti)")
_EMAIL: Final = re.compile(r"[a-z][a-z0-9-]*@[a-z0-9.-]+")


class Manifest(Struct, frozen=True, kw_only=True):
    """What to install, or what to print instead."""

    image: str | None = flag(
        matching(_IMAGE_NAME, "an image's name, such as example.org/collector:2"),
        metavar="IMAGE",
        has_variable=False,
        help="The collector's image, with its tag or digest. Needed to install one.",
    )
    table: BigQueryTable | None = flag(
        BigQueryTable.parse,
        "--database",
        metavar="bigquery://PROJECT.DATASET.TABLE",
        has_variable=False,
        help="Where reports end up. By default Parquet files on a volume.",
    )
    replicas: int | None = flag(
        whole(1, 100),
        metavar="COUNT",
        has_variable=False,
        help="Pods, with BigQuery; 2 by default. A folder is one pod's.",
    )
    storage: str = flag(
        matching(_SIZE, "a size in Mi, Gi or Ti, such as 10Gi"),
        metavar="SIZE",
        default="10Gi",
        has_variable=False,
        help="Size of each volume.",
    )
    google_service_account: str | None = flag(
        matching(_EMAIL, "an e-mail address"),
        metavar="EMAIL",
        has_variable=False,
        help="Google service account to act as, by workload identity. Not needed where the roles"
        " are granted to the Kubernetes service account.",
    )
    publish: Publish = like(Settings, "publish")
    publish_epsilon: float = like(Settings, "publish_epsilon")
    publish_since: date | None = like(Settings, "publish_since")
    publish_missed: date | None = like(Settings, "publish_missed")
    public_address: str | None = like(Settings, "public_address")
    monitoring: bool = switch(
        has_variable=False,
        help="Print instead what watches it: for the Prometheus operator, and Grafana.",
    )
    alerts: bool = switch(
        has_variable=False, help="Print instead the alerts, as Prometheus' rule file."
    )
    dashboard: bool = switch(
        has_variable=False, help="Print instead the dashboard, as Grafana's JSON."
    )


def manifest(settings: Manifest) -> None:
    """Print the YAML that installs a collector in a cluster. Nothing is installed by this."""
    wanted = {
        monitoring: settings.monitoring,
        alerts: settings.alerts,
        dashboard: settings.dashboard,
    }
    chosen = [text for text, is_wanted in wanted.items() if is_wanted]
    if len(chosen) > 1:
        raise UsageError("--monitoring, --alerts and --dashboard exclude each other")
    typer.echo(chosen[0]() if chosen else _installation(settings), nl=False)


def _installation(settings: Manifest) -> str:
    if settings.image is None:
        raise InvalidOption("--image", "is missing: the collector's image, with its tag or digest")
    return render(
        image=settings.image,
        storage=settings.storage,
        bigquery=_bigquery(settings),
        variables=_publishing(settings),
    )


def _bigquery(settings: Manifest) -> BigQuery | None:
    replicas, service_account = settings.replicas, settings.google_service_account
    if settings.table:
        return BigQuery(
            table=settings.table, replicas=replicas or 2, service_account=service_account or ""
        )
    if replicas or service_account:
        raise InvalidOption(
            "--replicas" if replicas else "--google-service-account",
            "goes with --database=bigquery://…; a folder of Parquet files belongs to one pod",
        )
    return None


def _publishing(settings: Manifest) -> dict[str, str]:
    """Return what is set of publishing, by variable: other commands, run in the pod, know it too.

    Raises `InvalidOption` for what goes with `--publish` alone.
    """
    values = {
        "publish": settings.publish.value,
        "publish_epsilon": f"{settings.publish_epsilon:g}",
        "publish_since": str(settings.publish_since or ""),
        "publish_missed": str(settings.publish_missed or ""),
        "public_address": settings.public_address or "",
    }
    flags = flags_of(Manifest)
    chosen = {name: value for name, value in values.items() if value != (flags[name].default or "")}
    for name in chosen:
        if settings.publish is Publish.OFF:
            option = names_of(name, flags[name])[-1]
            raise InvalidOption(option, "goes with --publish, such as --publish=monthly")
    return {str(variable_of(name, flags[name])): value for name, value in chosen.items()}


COMMAND: Final = Command(Manifest, manifest)
