"""A table of Google BigQuery as a warehouse. `warehouse` is the way in; the rest serves it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from collector.errors import InvalidWarehouseAddress
from collector.warehouse import Warehouse, WarehouseAddress

if TYPE_CHECKING:
    from collector.warehouse.counting import CensusStore

EMULATOR: Final = "BIGQUERY_EMULATOR_HOST"
"""The client libraries' own variable for an emulator's URL."""

# Names as BigQuery allows them, less the few that would need quoting in SQL.
# https://cloud.google.com/resource-manager/docs/creating-managing-projects (a project of an old
# kind is `example.com:name`), https://cloud.google.com/bigquery/docs/datasets and .../docs/tables
_PROJECT: Final = r"(?P<project>(?:[a-z0-9.-]{1,253}:)?[a-z][a-z0-9-]{0,62})"
_DATASET: Final = r"(?P<dataset>[A-Za-z0-9_]{1,1024})"
_TABLE: Final = r"(?P<table>[A-Za-z0-9_-]{1,1000})"
_ADDRESS: Final = re.compile(rf"bigquery://{_PROJECT}\.{_DATASET}\.{_TABLE}")


@dataclass(frozen=True)
class BigQueryTable(WarehouseAddress):
    """`bigquery://project.dataset.table`."""

    project: str
    dataset: str
    table: str

    form = "bigquery://project.dataset.table"
    description = "a BigQuery table, made when missing; Application Default Credentials"
    prefixes = ("bigquery:",)
    can_count = True

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the table that `text` names. Raises `InvalidWarehouseAddress`."""
        match = _ADDRESS.fullmatch(text)
        if match is None:
            raise InvalidWarehouseAddress(f"a BigQuery table is given as {cls.form}")
        return cls(**match.groupdict())

    def __str__(self) -> str:
        return f"{self.project}.{self.dataset}.{self.table}"

    @property
    def text(self) -> str:
        """The address as `--database` takes it."""
        return f"bigquery://{self}"

    @property
    def view(self) -> str:
        """The view beside it in which each report is once."""
        return f"{self}_deduplicated"

    @property
    def releases(self) -> "BigQueryTable":
        """The table beside it in which releases are kept."""
        return BigQueryTable(self.project, self.dataset, f"{self.table}_releases")

    def open(self, data_dir: Path, environment: Mapping[str, str]) -> Warehouse:
        """Open the table, which is made where it is missing."""
        # Google's client takes 40 MB.
        from collector.warehouse.bigquery.warehouse import open_bigquery

        return open_bigquery(self, data_dir=data_dir, emulator=environment.get(EMULATOR))

    def open_census(self, data_dir: Path, environment: Mapping[str, str]) -> "CensusStore":
        """Open the table to count what is in it, also beside collectors that write there."""
        from collector.warehouse.bigquery.counting import open_census

        return open_census(self, data_dir=data_dir, emulator=environment.get(EMULATOR))
