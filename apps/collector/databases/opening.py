"""The one place where a database is chosen. Loads the databases' libraries."""

from functools import partial
from typing import assert_never

from collector.databases import OpenDatabase
from collector.databases.catalogue import DatabaseAddress, DuckDBFile, Stdout
from collector.databases.duckdb import DuckDBDatabase
from collector.databases.stdout import StdoutDatabase


def opener_of(address: DatabaseAddress) -> OpenDatabase:
    """Return what opens the database at `address`."""
    match address:
        case DuckDBFile(path):
            return partial(DuckDBDatabase, path)
        case Stdout():
            return partial(StdoutDatabase, 1)
        case _:
            assert_never(address)
