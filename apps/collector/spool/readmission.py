"""Putting reports back into a spool, whether a collector uses it or not."""

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

from collector.errors import CommandFailed
from collector.records import SpooledReport
from collector.spool.compression import Packing
from collector.spool.file import open_writer


def readmit(
    path: Path, reports: Iterable[SpooledReport], *, random_bytes: Callable[[int], bytes]
) -> int:
    """Add reports that were in a spool before; return how many. They get new row IDs.

    They are on disk on return, with the hours of receipt that they had; a drain that runs finds
    them within minutes. One that waits there already is not added again.
    Raises `FileUnusable` or `CommandFailed`.
    """
    packing = Packing()
    rows = [
        (each.report_key, each.received_at, packing.pack(each.encoded), each.report_key)
        for each in reports
    ]
    try:
        with closing(open_writer(path, random_bytes=random_bytes)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT INTO reports (report_key, received_at, packed) SELECT ?, ?, ?"
                " WHERE NOT EXISTS (SELECT 1 FROM reports WHERE report_key = ?)",
                rows,
            )
            connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise CommandFailed(f"{path} cannot be written: {error}") from error
    return len(rows)
