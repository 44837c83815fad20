"""Reading the reports of a DuckDB file. Memory does not grow with the file.

Every function takes a connection that nothing else uses meanwhile, such as a cursor.
"""

import os
import threading
from collections.abc import Callable, Iterator
from typing import Final, assert_never

import duckdb
import msgspec

from collector.records import SpooledReport
from collector.warehouse.abilities import Format
from collector.warehouse.duckdb_schema import REPORT
from collector.warehouse.lines import line_of

_ROWS_AT_ONCE: Final = 500
_SECONDS_PER_HOUR: Final = 3_600
_REPORT_KEY_BITS: Final = 128
_KEY_BITS: Final = 43  # hours take 20 bits until the year 2089
_PIPE_BYTES: Final = 64 * 1024
_FIELDS: Final = ", ".join(f'"{name}" := "{name}"' for name in REPORT)
_SELECT: Final = f"""
SELECT "reportKey", epoch("receivedAt")::BIGINT, to_json(struct_pack({_FIELDS})) FROM reports
"""  # noqa: S608 - the names are ours
# Compressed well, and in groups of rows that fit the memory of a shared process.
_PARQUET: Final = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 10000"


def position_of(received_at: int, report_key: str) -> int:
    """Return a number below 2**63 that orders reports by hour of receipt, and then by key.

    It depends on nothing but the report, so it says where a reader was even after rows were
    deleted. Two reports of one hour share a number once in 2**43 pairs.
    """
    return (received_at // _SECONDS_PER_HOUR << _KEY_BITS) | int(report_key, 16) >> (
        _REPORT_KEY_BITS - _KEY_BITS
    )


def count_reports(connection: duckdb.DuckDBPyConnection) -> int:
    """Return how many reports there are."""
    row = connection.execute("SELECT count(*) FROM reports").fetchone()
    return 0 if row is None else int(row[0])


def reports_from(connection: duckdb.DuckDBPyConnection, position: int) -> Iterator[SpooledReport]:
    """Return the reports from a position on (their `row_id`), in order of position.

    One hour after the other, so that what has to be sorted stays small.
    """
    first_hour = (position >> _KEY_BITS) * _SECONDS_PER_HOUR
    hours = connection.execute(
        'SELECT DISTINCT epoch("receivedAt")::BIGINT FROM reports'
        ' WHERE "receivedAt" >= make_timestamp(?::BIGINT * 1000000) ORDER BY 1',
        [first_hour],
    ).fetchall()
    for (hour,) in hours:
        of_hour = _reports(
            connection,
            f'{_SELECT} WHERE "receivedAt" = make_timestamp(?::BIGINT * 1000000)'
            ' ORDER BY "reportKey"',
            [hour],
        )
        yield from (each for each in of_hour if each.row_id >= position)


def export_reports(
    connection: duckdb.DuckDBPyConnection, form: Format, write: Callable[[bytes], None]
) -> int:
    """Pass all reports to `write`, piece by piece; return how many there were."""
    match form:
        case Format.JSONL:
            return _export_lines(connection, write)
        case Format.PARQUET:
            return _export_parquet(connection, write)
        case _:
            assert_never(form)


def _export_lines(connection: duckdb.DuckDBPyConnection, write: Callable[[bytes], None]) -> int:
    count = 0
    for stored in _reports(connection, _SELECT, []):
        write(line_of(stored))
        count += 1
    return count


def _export_parquet(connection: duckdb.DuckDBPyConnection, write: Callable[[bytes], None]) -> int:
    # DuckDB writes into a pipe, in a thread of its own. An error of `write` closes the pipe, at
    # which DuckDB gives up.
    reading, writing = os.pipe()
    outcome: list[int | duckdb.Error] = []

    def copy() -> None:
        try:
            row = connection.execute(f"COPY reports TO '/dev/fd/{writing}' ({_PARQUET})").fetchone()
            outcome.append(0 if row is None else int(row[0]))
        except duckdb.Error as error:
            outcome.append(error)
        finally:
            os.close(writing)

    thread = threading.Thread(target=copy, name="parquet")
    thread.start()
    try:
        with open(reading, "rb", buffering=0) as pipe:  # noqa: PTH123 - a descriptor has no path
            while piece := pipe.read(_PIPE_BYTES):
                write(piece)
    finally:
        thread.join()
    if isinstance(outcome[0], duckdb.Error):
        raise outcome[0]
    return outcome[0]


def _reports(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: list[object]
) -> Iterator[SpooledReport]:
    connection.execute(sql, parameters)
    while rows := connection.fetchmany(_ROWS_AT_ONCE):
        for key, received_at, text in rows:
            yield SpooledReport(position_of(received_at, key), key, received_at, _compact(text))


def _compact(text: str) -> bytes:
    """Return a report as the wire has it: what is absent is left out."""
    return msgspec.json.encode(_without_nothing(msgspec.json.decode(text)))


def _without_nothing(value: object) -> object:
    if isinstance(value, dict):
        return {name: _without_nothing(inner) for name, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_without_nothing(each) for each in value]
    return value
