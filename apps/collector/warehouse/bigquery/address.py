"""The address of a BigQuery table. Loads no library, so that any process can check one."""

import re
from dataclasses import dataclass
from typing import Final

from collector.errors import InvalidDatabaseAddress

_SCHEME: Final = "bigquery://"
# Names as BigQuery allows them, less the few that would need quoting in SQL.
# https://cloud.google.com/resource-manager/docs/creating-managing-projects (a project of an old
# kind is `example.com:name`), https://cloud.google.com/bigquery/docs/datasets and .../docs/tables
_PROJECT: Final = r"(?P<project>(?:[a-z0-9.-]{1,253}:)?[a-z][a-z0-9-]{0,62})"
_DATASET: Final = r"(?P<dataset>[A-Za-z0-9_]{1,1024})"
_TABLE: Final = r"(?P<table>[A-Za-z0-9_-]{1,1000})"
_ADDRESS: Final = re.compile(rf"{re.escape(_SCHEME)}{_PROJECT}\.{_DATASET}\.{_TABLE}")


@dataclass(frozen=True)
class BigQueryTable:
    """`bigquery://project.dataset.table`."""

    project: str
    dataset: str
    table: str

    def __str__(self) -> str:
        return f"{self.project}.{self.dataset}.{self.table}"

    @property
    def view(self) -> str:
        """The name of the view beside it in which each report is once, as SQL takes it."""
        return f"{self}_deduplicated"


def parse_bigquery(text: str) -> BigQueryTable:
    """Return the table that `text` names. Raises `InvalidDatabaseAddress`."""
    match = _ADDRESS.fullmatch(text)
    if match is None:
        raise InvalidDatabaseAddress(
            f"a BigQuery table is given as bigquery://project.dataset.table, not {text!r}"
        )
    return BigQueryTable(match["project"], match["dataset"], match["table"])
