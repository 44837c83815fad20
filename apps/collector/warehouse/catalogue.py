"""The databases that `--database` can name."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import quote, unquote, urlsplit

from collector.errors import InvalidDatabaseAddress
from collector.warehouse.bigquery.address import BigQueryTable, parse_bigquery
from collector.warehouse.relay.address import CollectorAddress, parse_collector


@dataclass(frozen=True)
class DuckDBFile:
    """`duckdb:///PATH`: a DuckDB file at an absolute path."""

    path: Path


@dataclass(frozen=True)
class Stdout:
    """`stdout`: standard output."""


DatabaseAddress: TypeAlias = DuckDBFile | BigQueryTable | CollectorAddress | Stdout


@dataclass(frozen=True)
class DatabaseKind:
    """A line of `--print-databases`."""

    form: str
    description: str


KINDS: Final = (
    DatabaseKind(
        "duckdb:///PATH",
        "a DuckDB file at an absolute path; the default, in the data directory",
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
    if text.startswith("duckdb:"):
        return _parse_duckdb(text)
    if text.startswith("bigquery:"):
        return parse_bigquery(text)
    if text.startswith(("http:", "https:")):
        return parse_collector(text)
    forms = ", ".join(kind.form for kind in KINDS)
    raise InvalidDatabaseAddress(f"--database must be one of {forms}, not {text!r}")


def keeps_position(address: DatabaseAddress) -> bool:
    """Whether the database says how far a spool is in it."""
    return isinstance(address, DuckDBFile)


def format_duckdb(path: Path) -> str:
    """Return the address of the DuckDB file at `path`."""
    return f"duckdb://{quote(str(path.absolute()))}"


def _parse_duckdb(text: str) -> DuckDBFile:
    parts = urlsplit(text)
    path = unquote(parts.path)
    is_plain = not parts.netloc and not parts.query and not parts.fragment
    if not is_plain or not path.startswith("/") or path.endswith("/"):
        raise InvalidDatabaseAddress(
            f"a DuckDB file is given as duckdb:///ABSOLUTE/PATH, not {text!r}"
        )
    return DuckDBFile(Path(path))
