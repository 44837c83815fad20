"""The kinds of warehouses there are."""

from typing import Final

from collector.errors import InvalidWarehouseAddress
from collector.warehouse import WarehouseAddress
from collector.warehouse.bigquery import BigQueryTable
from collector.warehouse.parquet import ParquetFolder
from collector.warehouse.relay import OtherCollector
from collector.warehouse.stdout import Stdout

KINDS: Final[tuple[type[WarehouseAddress], ...]] = (
    ParquetFolder,
    BigQueryTable,
    OtherCollector,
    Stdout,
)


def parse_address(text: str) -> WarehouseAddress:
    """Return the warehouse that `text` names.

    Raises `InvalidWarehouseAddress`, which does not repeat the text: it may hold a password.
    """
    for kind in KINDS:
        if text.startswith(kind.prefixes):
            return kind.parse(text)
    forms = ", ".join(kind.form for kind in KINDS)
    raise InvalidWarehouseAddress(f"must be one of {forms}; --print-databases says more")
