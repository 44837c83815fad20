"""The releases that were made, a row each of a table beside the reports'.

The first of a period stays, forever: a load job named by the period brings it, and BigQuery takes
no two jobs of a name (docs/decisions/0037-counts-and-releases-in-bigquery.md).
"""

from typing import Final

import msgspec
from google.cloud.bigquery import SchemaField, Table

from collector.errors import WarehouseUnavailable, WarehouseUnusable
from collector.warehouse.bigquery.loading import Loader
from collector.warehouse.bigquery.service import Service
from collector.warehouse.bigquery.state import KnownTables
from collector.warehouse.bigquery.table import PreparedTable, find_or_make

# Text, because the type JSON keeps neither the order of members nor how numbers are written, and a
# release is the same bytes wherever it is read.
_COLUMNS: Final = (
    SchemaField("name", "STRING", "REQUIRED"),
    SchemaField("release", "STRING", "REQUIRED"),
)


class Releases:
    """The table of releases. Every method raises `WarehouseUnavailable`."""

    def __init__(self, loader: Loader) -> None:
        self._loader: Final = loader
        self._place: Final = f"BigQuery table {loader.service.address}"

    def read(self) -> dict[str, bytes]:
        """Return all releases by their names."""
        kept: dict[str, bytes] = {}
        for name, release in self._loader.service.rows(_COLUMNS):
            data = str(release).encode()
            if kept.setdefault(str(name), data) != data:
                raise WarehouseUnavailable(
                    f"{self._place}: it has two releases {name}; find out which one was published,"
                    " and delete the other"
                )
        return kept

    def add(self, name: str, release: bytes) -> bytes:
        """Keep a release, and return the one of that name that is kept."""
        kept = self.read()
        if name not in kept:
            row = {"name": name, "release": release.decode()}
            self._loader.load_row(msgspec.json.encode(row) + b"\n", name)
            kept = self.read()
        if name not in kept:
            raise WarehouseUnavailable(
                f"{self._place}: the release {name} was there and was deleted; a release is never"
                " made again, so restore its row"
            )
        return kept[name]


def prepare_releases(service: Service, known: KnownTables) -> PreparedTable:
    """Return the table of releases, made where it is missing and was never known.

    Raises `WarehouseUnavailable` or `WarehouseUnusable`.
    """
    new = Table(str(service.address), schema=_COLUMNS)
    remedy = "restore it with what was published, which is the ledger of the privacy budget"
    table = find_or_make(service, known, new, remedy=remedy)
    kinds = {field.name: field.field_type for field in table.schema}
    if any(kinds.get(column.name) != column.field_type for column in _COLUMNS):
        raise WarehouseUnusable(
            f"BigQuery table {service.address} is for releases, and has other columns than name"
            " and release; rename it, and a new one is made"
        )
    return PreparedTable(_COLUMNS, (), table.location)
