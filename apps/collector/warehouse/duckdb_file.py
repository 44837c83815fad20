"""The DuckDB file: its format, and opening it without harming what is not ours."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import duckdb

from collector.errors import WarehouseUnavailable, WarehouseUnusable
from collector.warehouse.duckdb_schema import (
    FORMAT_VERSION,
    UPGRADE,
    VERSION_1,
    VIEW_OF_VERSION_1,
)

# The memory of a process that shares a small machine with the service. Extensions are never
# fetched: the one needed, JSON, is built in.
CONFIG: Final[dict[str, str | bool | int | float | list[str]]] = {
    "memory_limit": "256MB",
    "threads": 1,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
_KNOWN_VERSIONS: Final = range(1, FORMAT_VERSION + 1)
_LOCKED: Final = "Could not set lock on file"


def prepare(path: Path) -> None:
    """Make sure that there is a file of this format at `path`.

    It is made where there is none, and a file of an earlier release is upgraded.
    Raises `WarehouseUnusable` for a file that is damaged, newer, or another program's, which is
    not changed; and `WarehouseUnavailable` while another process has it open.
    """
    with _errors(path, duckdb.Error, OSError):
        if not path.exists():
            _make(path)
        elif _version_of(path) < FORMAT_VERSION:
            _upgrade(path)


@contextmanager
def opened_for_reading(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a file, which is not changed; any number of readers may at a time.

    One of an earlier release looks as if it were upgraded.
    Raises `WarehouseUnusable` or `WarehouseUnavailable` as `prepare` does, then and while it is
    read; and `WarehouseUnusable` where there is no file.
    """
    if not path.exists():
        raise WarehouseUnusable(f"there is no DuckDB file {path}")
    with _errors(path, duckdb.Error):
        version = _version_of(path)
        with closing(duckdb.connect(path, read_only=True, config=CONFIG)) as connection:
            if version < FORMAT_VERSION:
                _show_as_upgraded(connection)
            yield connection


@contextmanager
def _errors(path: Path, *kinds: type[Exception]) -> Iterator[None]:
    try:
        yield
    except kinds as error:
        if _LOCKED in str(error):
            raise WarehouseUnavailable(
                f"another process has {path} open, and DuckDB allows one at a time"
            ) from error
        raise WarehouseUnusable(
            f"{path} is not a DuckDB file that can be used, or is damaged ({_first_line(error)}); "
            "restore a copy of it, or move it away and a new one is made"
        ) from error


def _version_of(path: Path) -> int:
    """Return the version of a file of ours, known to this release, without writing to it."""
    with closing(duckdb.connect(path, read_only=True, config=CONFIG)) as connection:
        tables = {row[0] for row in connection.execute("SHOW TABLES").fetchall()}
        if not {"format", "watermarks", "reports"} <= tables:
            raise WarehouseUnusable(
                f"{path} is another program's DuckDB file; give another path with --database"
            )
        rows = connection.execute("SELECT version FROM format").fetchall()
    versions = [int(row[0]) for row in rows]
    if len(versions) != 1 or versions[0] not in _KNOWN_VERSIONS:
        raise WarehouseUnusable(
            f"{path} has format version {', '.join(map(str, versions))}, "
            f"this collector knows {FORMAT_VERSION}; use the release that made it, or a newer one"
        )
    return versions[0]


def _upgrade(path: Path) -> None:
    try:
        with closing(duckdb.connect(path, config=CONFIG)) as connection:
            for statement in UPGRADE:
                connection.execute(statement)
    except duckdb.Error as error:
        raise WarehouseUnavailable(
            f"{path} cannot be upgraded to format version {FORMAT_VERSION} and is left as it was"
            f" ({_first_line(error)})"
        ) from error


def _show_as_upgraded(connection: duckdb.DuckDBPyConnection) -> None:
    row = connection.execute("SELECT current_database()").fetchone()
    name = str(row and row[0]).replace('"', '""')
    connection.execute(VIEW_OF_VERSION_1.format(reports=f'"{name}".main.reports'))


def _make(path: Path) -> None:
    """Make the file whole or not at all: DuckDB refuses a file that it had only begun."""
    log = _log_of(path)
    if log.exists():
        raise WarehouseUnusable(
            f"{log} is the log of a file that is missing; put {path.name} back beside it, "
            "or move the log away too"
        )
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.new")
    for leftover in (unfinished, _log_of(unfinished)):
        leftover.unlink(missing_ok=True)
    with closing(duckdb.connect(unfinished, config=CONFIG)) as connection:
        for statement in (VERSION_1, *UPGRADE):
            connection.execute(statement)
    unfinished.rename(path)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.wal")


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
