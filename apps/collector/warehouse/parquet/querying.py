"""SQL over a folder of reports: DuckDB in memory, which may open no file but those of reports.

Three views: `reports`; `nodes`, one row a node; `latest`, the last report of each cluster.
"""

import enum
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import duckdb

from collector.errors import CommandFailed
from collector.records import RECEIVED_AT
from collector.warehouse.parquet import sql
from collector.warehouse.parquet.folder import Staging
from collector.warehouse.parquet.reading import OpenedFile, split_damaged

MEMORY: Final = "1GB"
_MOST_LINES: Final = 10_000
# Each file moves once when its day is merged or rewritten, and once when it is removed.
_MOST_MOVES: Final = 20
_MOVED: Final = 'Cannot access file "/proc/self/fd/'
_WIDE: Final = 100_000
_OUTPUT: Final = "output"
_NODES: Final = f"""
CREATE VIEW nodes AS
FROM (FROM reports SELECT "clusterID", "{RECEIVED_AT}", unnest(nodes) AS node)
SELECT "clusterID", "{RECEIVED_AT}", unnest(node)
"""
_LATEST: Final = f"""
CREATE VIEW latest AS
FROM reports
QUALIFY row_number() OVER (PARTITION BY "clusterID" ORDER BY "{RECEIVED_AT}" DESC) = 1
"""


class Format(enum.Enum):
    """How the rows of an answer are written."""

    TABLE = "table"
    """For people."""

    CSV = "csv"
    JSON = "json"
    """One line a row."""

    PARQUET = "parquet"


_COPY_AS: Final = {
    Format.CSV: "FORMAT csv, HEADER",
    Format.JSON: "FORMAT json",
    Format.PARQUET: "FORMAT parquet, COMPRESSION zstd",
}


class NoAnswer(Exception):
    """A query cannot be answered; the text says why."""


class _FilesMoved(NoAnswer):
    """A file was moved or removed after it was allowed: DuckDB compares what a link leads to."""


@dataclass(frozen=True)
class Output:
    """Where an answer goes. `width` is that of the terminal, None where there is none."""

    form: Format
    stream: BinaryIO
    width: int | None = None


def answer(
    query: str,
    files: Sequence[OpenedFile],
    output: Output,
    *,
    staging: Staging,
    skip_damaged: bool,
) -> list[Path]:
    """Answer a query about the reports in `files`; return the damaged ones that are left out.

    Nothing is written before the whole answer is known, except of a table.
    Raises `DamagedFiles` unless they are to be skipped, and `CommandFailed`.
    """
    try:
        _answer(query, files, output, staging)
    except NoAnswer as error:
        sound, damaged = split_damaged(files, skip_damaged=skip_damaged)
        if not damaged:
            raise CommandFailed(str(error)) from error
    else:
        return []
    try:
        _answer(query, sound, output, staging)
    except NoAnswer as error:
        raise CommandFailed(str(error)) from error
    return damaged


def _answer(query: str, files: Sequence[OpenedFile], output: Output, staging: Staging) -> None:
    for _ in range(_MOST_MOVES):
        with suppress(_FilesMoved):
            _answer_once(query, files, output, staging)
            return
    _answer_once(query, files, output, staging)


def _answer_once(query: str, files: Sequence[OpenedFile], output: Output, staging: Staging) -> None:
    with _errors(), closing(_connect(files, staging)) as connection:
        select = _only_query(connection, query)
        if output.form is Format.TABLE:
            relation = connection.sql(select)
            relation.show(max_rows=_MOST_LINES, max_width=output.width or _WIDE)
            return
        target = sql.quoted(staging.fd_path(_OUTPUT))
        connection.execute(f"COPY (\n{select}\n) TO {target} ({_COPY_AS[output.form]})")
    with (staging.path / _OUTPUT).open("rb") as written:
        shutil.copyfileobj(written, output.stream)


def _connect(files: Sequence[OpenedFile], staging: Staging) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(
        config={
            "memory_limit": MEMORY,
            "temp_directory": staging.fd_path("spill"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
    fd_paths = [each.fd_path for each in files]
    rows = sql.reports_in(fd_paths) if files else ""
    union = " UNION ALL BY NAME ".join(filter(None, (sql.NO_REPORTS, rows)))
    connection.execute(f"CREATE VIEW reports AS {union}")
    connection.execute(_NODES)
    connection.execute(_LATEST)
    connection.execute("SET allowed_paths = ?", [[*fd_paths, staging.fd_path(_OUTPUT)]])
    connection.execute("SET allowed_directories = ?", [[staging.fd_path("")]])
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _only_query(connection: duckdb.DuckDBPyConnection, text: str) -> str:
    """Return the one query that `text` is. Anything else may write. Raises `CommandFailed`."""
    statements = connection.extract_statements(text)
    if [each.type for each in statements] != [duckdb.StatementType.SELECT]:
        raise CommandFailed(
            "give one query: SELECT, FROM, WITH, VALUES, DESCRIBE, SUMMARIZE or SHOW;"
            " nothing is changed here"
        )
    return statements[0].query.strip().rstrip(";")


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        text = str(error).strip().partition("\n")[0]
        kind = _FilesMoved if _MOVED in text else NoAnswer
        raise kind(text) from error
