"""DuckDB, in memory, as the engine that writes Parquet files. Its errors stop here."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import duckdb
import msgspec

from collector.disk.errors import reason_of
from collector.errors import WarehouseUnavailable
from collector.warehouse.parquet import sql

MEMORY: Final = "200MB"
"""Of the process that shares a small machine with the service; what is sorted goes to disk."""

_ROWS_AT_ONCE: Final = 16

# What DuckDB raises about the rows it was given, and not about the disk it writes to.
_ABOUT_ROWS: Final = (
    duckdb.OutOfMemoryException,
    duckdb.InvalidInputException,
    duckdb.ConversionException,
    duckdb.OutOfRangeException,
)

# DuckDB puts what it knows of an error into its text, as JSON.
_ERRNO: Final = re.compile(r'"errno":"(\d{1,4})"')


class UnwritableRows(Exception):
    """DuckDB cannot write these rows; the text says why, and may quote them."""


class FileDamaged(Exception):
    """A file cannot be read as one of reports; the text says why."""


class Engine:
    """One connection. Paths are those that lead to a descriptor, such as `Staging.fd_path`."""

    def __init__(self, *, memory: str = MEMORY) -> None:
        self._connection: Final = duckdb.connect(
            config={
                "memory_limit": memory,
                "threads": 1,
                "preserve_insertion_order": False,
                # Extensions are never fetched: JSON and Parquet are built in.
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )

    def write_lines(self, lines: str, target: str) -> None:
        """Write JSON lines as Parquet. Raises `UnwritableRows` or `WarehouseUnavailable`."""
        try:
            self._connection.execute(sql.WRITE_LINES, {"lines": lines, "target": target})
        except _ABOUT_ROWS as error:
            raise UnwritableRows(_first_line(error)) from error
        except duckdb.Error as error:
            raise _not_written(target, error) from error

    def merge(self, files: Sequence[str], target: str, *, spill: str) -> None:
        """Write what is in `files` into one; `spill` is a folder for what memory cannot hold."""
        with _writing(target):
            self._connection.execute(f"SET temp_directory = {sql.quoted(spill)}")
            self._connection.execute(sql.MERGE, {"files": files, "target": target})
            self._connection.execute("RESET temp_directory")

    def concatenate(self, files: Sequence[str], target: str) -> None:
        """Write what is in `files` into one, file after file. Raises `WarehouseUnavailable`."""
        with _writing(target):
            if files:
                self._connection.execute(sql.CONCATENATE, {"files": files, "target": target})
            else:
                self._connection.execute(sql.copy(sql.NO_REPORTS), {"target": target})

    def write_without(self, file: str, cluster_id: str, target: str) -> int:
        """Write what is in `file` but for the reports of a cluster; return how many those are."""
        with _writing(target):
            self._connection.execute(
                sql.WRITE_WITHOUT, {"files": [file], "cluster_id": cluster_id, "target": target}
            )
            return self._count(file) - self._count(target)

    def holds(self, file: str, cluster_id: str) -> bool:
        """Return whether `file` holds a report of a cluster. Raises `FileDamaged`."""
        with _damage():
            found = self._connection.execute(sql.HOLDS, {"files": [file], "cluster_id": cluster_id})
            return found.fetchone() is not None

    def count(self, file: str) -> int:
        """Return how many reports `file` holds. Raises `FileDamaged`."""
        with _damage():
            return self._count(file)

    def is_sound(self, file: str) -> bool:
        """Read all of `file`, and return whether that was possible."""
        try:
            self._connection.execute(sql.DIGEST, {"files": [file]}).fetchone()
        except duckdb.Error:
            return False
        return True

    def lines(self, file: str) -> Iterator[bytes]:
        """Return each report in `file` as a line of JSON. Raises `WarehouseUnavailable`."""
        try:
            self._connection.execute(sql.LINES, {"files": [file]})
            while rows := self._connection.fetchmany(_ROWS_AT_ONCE):
                for (text,) in rows:
                    yield _without_nulls(text) + b"\n"
        except duckdb.Error as error:
            raise WarehouseUnavailable(_first_line(error)) from error

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _count(self, file: str) -> int:
        row = self._connection.execute(sql.COUNT, {"files": [file]}).fetchone()
        return 0 if row is None else int(row[0])


@contextmanager
def _writing(target: str) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise _not_written(target, error) from error


@contextmanager
def _damage() -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise FileDamaged(_first_line(error)) from error


def _without_nulls(text: str) -> bytes:
    return msgspec.json.encode(_present(msgspec.json.decode(text)))


def _present(value: object) -> object:
    if isinstance(value, dict):
        return {name: _present(inner) for name, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_present(each) for each in value]
    return value


def _not_written(target: str, error: duckdb.Error) -> WarehouseUnavailable:
    """Return the error in the system's words (DuckDB gives only its number), and with a path.

    The one that DuckDB was given leads through the descriptor of a staging folder, which nobody
    can look up. The folder's own name is another each time; the one it is in stays the same.
    """
    is_staged = target.startswith("/proc/self/fd/")
    place = Path(target).parent.resolve().parent if is_staged else target
    number = _ERRNO.search(str(error))
    if number is None:
        reason = _first_line(error)
    else:
        reason = reason_of(OSError(int(number[1]), os.strerror(int(number[1]))))
    return WarehouseUnavailable(f"{place} cannot be written: {reason}")


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
