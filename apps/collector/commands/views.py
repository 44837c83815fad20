"""`collector views`: the view in which each report is once."""

from contextlib import closing
from typing import Final

import typer
from msgspec import Struct

from collector.warehouse.bigquery import EMULATOR, BigQueryTable
from collector.warehouse.bigquery.service import Service
from collector.warehouse.bigquery.table import create_view
from command_line.flags import Environment, flag, whole_environment
from command_line.program import Command


class Views(Struct, frozen=True, kw_only=True):
    """The table beside which the view is made."""

    table: BigQueryTable = flag(
        BigQueryTable.parse,
        "--database",
        metavar="bigquery://PROJECT.DATASET.TABLE",
        required=True,
        help="The table that reports end up in; other warehouses need no view.",
    )
    environment: Environment = whole_environment()


def views(settings: Views) -> None:
    """Make the view beside a BigQuery table in which each report is once, or replace it."""
    table = settings.table
    with closing(Service(table, emulator=settings.environment.get(EMULATOR))) as service:
        create_view(service)
    typer.echo(f"{table.view} has each report of {table} once")


COMMAND: Final = Command(Views, views)
