"""Removing a cluster from a spool that no collector uses."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from collector.errors import CommandFailed
from collector.spool.file import open_writer
from collector.spool.packing import Packing


def forget_in_spool(path: Path, cluster_id: str, *, random_bytes: Callable[[int], bytes]) -> int:
    """Delete the reports of a cluster and return how many; the caller holds the directory's lock.

    What was deleted is overwritten, and so is what was drained earlier: deleting that left its
    bytes in the file. Keys of posts stay, as hashes, for the hours that they are
    remembered. Raises `FileUnusable` or `CommandFailed`.
    """
    try:
        with closing(open_writer(path, random_bytes=random_bytes)) as connection:
            connection.create_function("unpacked", 1, Packing().unpack, deterministic=True)
            connection.execute("PRAGMA secure_delete = ON")
            deleted = connection.execute(
                "DELETE FROM reports"
                " WHERE json_extract(CAST(unpacked(packed) AS TEXT), '$.clusterID') = ?",
                (cluster_id,),
            ).rowcount
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise CommandFailed(f"{path} cannot be read and written: {error}") from error
    return deleted
