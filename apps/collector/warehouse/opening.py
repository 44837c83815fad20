"""The one place where a database is chosen. Loads the database's library, and no other."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final, assert_never

from collector.warehouse import OpenWarehouse
from collector.warehouse.bigquery.address import BigQueryTable
from collector.warehouse.catalogue import DatabaseAddress, ParquetFolder, Stdout
from collector.warehouse.relay.address import CollectorAddress

# The client libraries' own variable for an emulator's address.
_EMULATOR: Final = "BIGQUERY_EMULATOR_HOST"


def opener_of(
    address: DatabaseAddress, *, data_dir: Path, environment: Mapping[str, str]
) -> OpenWarehouse:
    """Return what opens the database at `address`; `data_dir` is for what it keeps beside."""
    # A BigQuery client takes 40 MB, so what is not used is not imported.
    match address:
        case ParquetFolder(path):
            from collector.warehouse.parquet.warehouse import open_parquet

            return partial(open_parquet, path, data_dir=data_dir)
        case BigQueryTable():
            from collector.warehouse.bigquery.warehouse import open_bigquery

            emulator = environment.get(_EMULATOR)
            return partial(open_bigquery, address, data_dir=data_dir, emulator=emulator)
        case CollectorAddress():
            from collector.warehouse.relay.warehouse import open_relay

            return partial(open_relay, address, data_dir=data_dir)
        case Stdout():
            from collector.warehouse.stdout import StdoutDatabase

            return partial(StdoutDatabase, 1)
        case _:
            assert_never(address)
