"""The one place where a database is chosen. Loads the database's library, and no other."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final, assert_never

from collector.databases import OpenDatabase
from collector.databases.bigquery_address import BigQueryTable
from collector.databases.catalogue import DatabaseAddress, DuckDBFile, Stdout
from collector.databases.relay_address import CollectorAddress

# The client libraries' own variable for an emulator's address.
_EMULATOR: Final = "BIGQUERY_EMULATOR_HOST"


def opener_of(
    address: DatabaseAddress, *, data_dir: Path, environment: Mapping[str, str]
) -> OpenDatabase:
    """Return what opens the database at `address`; `data_dir` is for what it keeps beside."""
    # A BigQuery client takes 40 MB, so what is not used is not imported.
    match address:
        case DuckDBFile(path):
            from collector.databases.duckdb import DuckDBDatabase

            return partial(DuckDBDatabase, path)
        case BigQueryTable():
            from collector.databases.bigquery import open_bigquery

            emulator = environment.get(_EMULATOR)
            return partial(open_bigquery, address, data_dir=data_dir, emulator=emulator)
        case CollectorAddress():
            from collector.databases.relay import open_relay

            return partial(open_relay, address, data_dir=data_dir)
        case Stdout():
            from collector.databases.stdout import StdoutDatabase

            return partial(StdoutDatabase, 1)
        case _:
            assert_never(address)
