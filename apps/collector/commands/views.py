"""`collector views`: the view in which each report is once."""

import os
from contextlib import closing

import typer

from collector.commands.options import Database
from collector.errors import CommandFailed
from collector.warehouse.bigquery import EMULATOR, BigQueryTable
from collector.warehouse.bigquery.service import Service
from collector.warehouse.bigquery.table import create_view
from collector.warehouse.registry import parse_address


def views(*, database: Database = "") -> None:
    """Make the view beside a BigQuery table in which each report is once, or make it anew."""
    address = parse_address(database)
    if not isinstance(address, BigQueryTable):
        raise CommandFailed("--database must be bigquery://project.dataset.table: others need none")
    with closing(Service(address, emulator=os.environ.get(EMULATOR))) as service:
        create_view(service)
    typer.echo(f"{address.view} has each report of {address} once")
