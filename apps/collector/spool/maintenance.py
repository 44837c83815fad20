"""What commands do to a spool, with or without a collector: forget a cluster, readmit rows."""

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Final

from collector.disk.sqlite_file import remove_traces
from collector.errors import CommandFailed
from collector.records import SpooledReport, cluster_tag
from collector.spool.file import ReportCompressor, open_writer

# Rewriting the file keeps a running collector from committing.
MOST_BYTES_BESIDE_A_COLLECTOR: Final = 512 * 1024 * 1024
_OF_CLUSTER: Final = (
    "SELECT row_id, report_key FROM reports"
    " WHERE json_extract(CAST(decompressed(compressed) AS TEXT), '$.clusterID') = ?"
)


def forget_in_spool(
    path: Path,
    cluster_id: str,
    *,
    random_bytes: Callable[[int], bytes],
    is_in_use: bool = False,
) -> int:
    """Delete the reports of a cluster and their keys; return how many reports.

    The file is rewritten and its log emptied, because both still hold bytes of what was drained.
    The caller holds the lock of reports on their way to the warehouse.
    Raises `FileUnusable` or `CommandFailed`.
    """
    if is_in_use and path.stat().st_size > MOST_BYTES_BESIDE_A_COLLECTOR:
        raise CommandFailed(
            f"{path} is large, and rewriting it would hold up the collector: stop the collector,"
            " or wait until the warehouse has taken what waits, and forget the cluster again"
        )
    try:
        with closing(open_writer(path, random_bytes=random_bytes)) as connection:
            deleted = _delete(connection, cluster_id)
            if remove_traces(connection):
                return deleted
    except sqlite3.Error as error:
        raise CommandFailed(f"{path} cannot be read and written: {error}") from error
    raise CommandFailed(
        f"{path} is read all the time, and its log cannot be emptied; forget the cluster again"
    )


def readmit(
    path: Path, reports: Iterable[SpooledReport], *, random_bytes: Callable[[int], bytes]
) -> int:
    """Add reports that were in a spool before; return how many. They get new row IDs.

    They are on disk on return, with their hours of receipt; a running drain finds them within
    minutes. One that waits there already is not added again.
    Raises `FileUnusable` or `CommandFailed`.
    """
    compressor = ReportCompressor()
    rows = [
        (each.report_key, each.received_at, compressor.compress(each.encoded), each.report_key)
        for each in reports
    ]
    try:
        with closing(open_writer(path, random_bytes=random_bytes)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT INTO reports (report_key, received_at, compressed) SELECT ?, ?, ?"
                " WHERE NOT EXISTS (SELECT 1 FROM reports WHERE report_key = ?)",
                rows,
            )
            connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise CommandFailed(f"{path} cannot be written: {error}") from error
    return len(rows)


def _delete(connection: sqlite3.Connection, cluster_id: str) -> int:
    connection.create_function("decompressed", 1, ReportCompressor().decompress, deterministic=True)
    connection.execute("BEGIN IMMEDIATE")
    found = connection.execute(_OF_CLUSTER, (cluster_id,)).fetchall()
    connection.executemany(
        "DELETE FROM reports WHERE row_id = ?", [(row_id,) for row_id, _ in found]
    )
    connection.executemany(
        "DELETE FROM accepted_keys WHERE report_key = ?", [(key,) for _, key in found]
    )
    connection.execute(
        "DELETE FROM accepted_keys WHERE cluster_tag = ?", (cluster_tag(cluster_id),)
    )
    connection.execute("COMMIT")
    return len(found)
