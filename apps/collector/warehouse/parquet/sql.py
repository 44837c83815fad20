"""The statements that write and read files, derived from the columns of a report. Pure.

Parameters: `files`, a list of paths; `target`, the path of what is written; `lines`, the path of
JSON lines; `cluster_id`.
"""

from collections.abc import Iterable
from typing import Final, assert_never

from collector.records import RECEIVED_AT
from collector.warehouse.columns import REPORT_COLUMNS, Column, Kind

LARGE_BYTES: Final = 8 * 1024
"""Text of a report from which on it is not sorted among others: DuckDB sorts 2,048 rows at once."""

# Row groups that fit the memory of a small process, however large the reports in them are.
# ROW_GROUP_SIZE_BYTES wants DuckDB's `preserve_insertion_order` off.
_FORMAT: Final = (
    "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 8192, ROW_GROUP_SIZE_BYTES '16MB'"
)
_ORDER: Final = f'ORDER BY "clusterID", "{RECEIVED_AT}"'
_LONGEST_LINE: Final = 16 * 1024 * 1024
# What an older file has no column for is NULL.
_REPORTS: Final = "FROM read_parquet($files, union_by_name = true)"


def quoted(text: str) -> str:
    """Return `text` as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def type_of(column: Column) -> str:
    """Return the type of a column in DuckDB."""
    match column.kind:
        case Kind.TEXT:
            name = "VARCHAR"
        case Kind.INTEGER:
            name = "BIGINT"
        case Kind.STRUCT:
            fields = ", ".join(f'"{each.name}" {type_of(each)}' for each in column.fields)
            name = f"STRUCT({fields})"
        case _:
            assert_never(column.kind)
    return f"{name}[]" if column.repeated else name


_COLUMNS: Final = ", ".join(f"'{each.name}': {quoted(type_of(each))}" for each in REPORT_COLUMNS)
NO_REPORTS: Final = "SELECT {columns} WHERE false".format(
    columns=", ".join(
        (
            *(f'NULL::{type_of(each)} AS "{each.name}"' for each in REPORT_COLUMNS),
            f'NULL::TIMESTAMP AS "{RECEIVED_AT}"',
        )
    )
)
"""Gives all columns, by their names and types, and no row."""


def _size(column: Column, value: str, depth: int) -> str:
    """Return an expression for the bytes that a column takes, roughly; NULL for no value."""
    if not column.repeated:
        return _size_of_one(column, value, depth)
    name = f"x{depth}"
    each = f"coalesce({_size_of_one(column, name, depth + 1)}, 0)"
    return f"list_sum(list_transform({value}, lambda {name}: {each}))"


def _size_of_one(column: Column, value: str, depth: int) -> str:
    match column.kind:
        case Kind.TEXT:
            return f"strlen({value})"
        case Kind.INTEGER:
            return "8"
        case Kind.STRUCT:
            sizes = (_size(each, f'{value}."{each.name}"', depth) for each in column.fields)
            return " + ".join(f"coalesce({each}, 0)" for each in sizes)
        case _:
            assert_never(column.kind)


def _size_of_report() -> str:
    columns = ((each, f'"{each.name}"') for each in REPORT_COLUMNS)
    return " + ".join(f"coalesce({_size(each, value, 0)}, 0)" for each, value in columns)


def copy(query: str) -> str:
    """Return the statement that writes the rows of `query` as Parquet."""
    return f"COPY ({query}) TO $target ({_FORMAT})"


def reports_in(files: Iterable[str]) -> str:
    """Return a query for all reports in files, with their names in it: a view has no parameters."""
    return _REPORTS.replace("$files", f"[{', '.join(map(quoted, files))}]")


WRITE_LINES: Final = copy(
    "FROM read_json($lines, format = 'newline_delimited',"
    f" maximum_object_size = {_LONGEST_LINE},"
    f" columns = {{{_COLUMNS}, '{RECEIVED_AT}': 'TIMESTAMP'}}) {_ORDER}"
)
"""Writes JSON lines, each with its hour of receipt."""

CONCATENATE: Final = copy(_REPORTS)
"""Writes all reports in files, file after file."""

MERGE: Final = copy(
    f"({_REPORTS} WHERE {_size_of_report()} <= {LARGE_BYTES} {_ORDER})"
    f" UNION ALL {_REPORTS} WHERE {_size_of_report()} > {LARGE_BYTES}"
)
"""Writes all reports in files, none in the order of its arrival.

Sorted by cluster; large ones, which take too much memory to be sorted, come last, file by file, as
they are sorted in each.
"""

WRITE_WITHOUT: Final = copy(f'{_REPORTS} WHERE "clusterID" <> $cluster_id')
"""Writes all reports in files but those of a cluster."""

HOLDS: Final = f'{_REPORTS} WHERE "clusterID" = $cluster_id LIMIT 1'
"""Gives a row where files hold a report of a cluster."""

DIGEST: Final = (
    f"FROM ({_REPORTS}) AS report"
    f' SELECT bit_xor(hash(report)), max("clusterID"), max("{RECEIVED_AT}")'
)
"""Reads all of files, and needs the columns that each of ours has."""

LINES: Final = (
    f"FROM ({_REPORTS} SELECT * REPLACE"
    f' (strftime("{RECEIVED_AT}", \'%Y-%m-%dT%H:%M:%SZ\') AS "{RECEIVED_AT}")) AS report'
    " SELECT to_json(report)"
)
"""Gives all reports in files as JSON, the hour of receipt as on the wire."""

COUNT: Final = "FROM parquet_file_metadata($files) SELECT num_rows"
"""Gives the number of reports in each of files."""
