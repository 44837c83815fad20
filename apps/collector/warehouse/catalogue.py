"""The databases that `--database` can name."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import quote, unquote, urlsplit

from collector.errors import InvalidDatabaseAddress
from collector.warehouse.bigquery.address import BigQueryTable, parse_bigquery
from collector.warehouse.relay.address import CollectorAddress, parse_collector


@dataclass(frozen=True)
class ParquetFolder:
    """`parquet:///DIR`: a folder of Parquet files at an absolute path."""

    path: Path


@dataclass(frozen=True)
class Stdout:
    """`stdout`: standard output."""


DatabaseAddress: TypeAlias = ParquetFolder | BigQueryTable | CollectorAddress | Stdout


@dataclass(frozen=True)
class DatabaseKind:
    """A line of `--print-databases`."""

    form: str
    description: str


KINDS: Final = (
    DatabaseKind(
        "parquet:///DIR",
        "a folder of Parquet files at an absolute path; the default, in the data directory",
    ),
    DatabaseKind(
        "bigquery://project.dataset.table",
        "a BigQuery table, made when missing; Application Default Credentials",
    ),
    DatabaseKind("http(s)://host[/base]", "another collector, to which reports are passed on"),
    DatabaseKind("stdout", "one line of JSON a report on standard output"),
)


def parse_address(text: str) -> DatabaseAddress:
    """Return the database that `text` names. Raises `InvalidDatabaseAddress`."""
    if text == "stdout":
        return Stdout()
    if text.startswith("parquet:"):
        return _parse_parquet(text)
    if text.startswith("duckdb:"):
        raise InvalidDatabaseAddress(
            "duckdb:///PATH is no more: a crash could damage such a file. Reports are kept in"
            " Parquet files, which DuckDB reads: use parquet:///DIR, or leave --database out"
        )
    if text.startswith("bigquery:"):
        return parse_bigquery(text)
    if text.startswith(("http:", "https:")):
        return parse_collector(text)
    forms = ", ".join(kind.form for kind in KINDS)
    raise InvalidDatabaseAddress(f"must be one of {forms}, not {text!r}")


def keeps_position(address: DatabaseAddress) -> bool:
    """Whether the warehouse says how far a spool is in it."""
    return isinstance(address, ParquetFolder)


def format_parquet(path: Path) -> str:
    """Return the address of the folder at `path`."""
    return f"parquet://{quote(str(path.absolute()))}"


def _parse_parquet(text: str) -> ParquetFolder:
    parts = urlsplit(text)
    path = unquote(parts.path)
    is_plain = not parts.netloc and not parts.query and not parts.fragment
    if not is_plain or not path.startswith("/") or not path.strip("/"):
        raise InvalidDatabaseAddress(
            f"a folder of Parquet files is given as parquet:///ABSOLUTE/DIR, not {text!r}"
        )
    return ParquetFolder(Path(path))
