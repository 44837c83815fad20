"""The spool: where a report is on disk before it is acknowledged.

One `Spool` writes to the file. Reports are added to a group and committed together; rows leave
once the drain has said that the database holds them. The drain reads the file on its own, through
a `collector.spool_reader.SpoolReader`.
"""

import enum
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from collector.errors import IdempotencyKeyReused, SpoolUnavailable
from collector.records import AcceptedReport, Watermark
from collector.spool_file import open_writer, read_spool_id

KEYS_REMEMBERED_SECONDS: Final = 48 * 3_600
_HOUR_SECONDS: Final = 3_600
_KEYS_FORGOTTEN_AT_ONCE: Final = 5_000
# A deletion that a power cut undoes is made again, so it need not wait for the disk.
_SYNCHRONOUS: Final = {True: "PRAGMA synchronous = FULL", False: "PRAGMA synchronous = NORMAL"}


class Added(enum.Enum):
    """What became of a report that was added. Both hold once the group is committed."""

    STORED = "stored"
    REPEATED = "repeated"


class Spool:
    """The one writer of a spool.

    `add` and `commit` belong to one thread, the one that serves; the other methods may be called
    from any. A group is open from the first `add` to `commit`, and the others wait for its end.
    """

    def __init__(
        self, path: Path, *, clock: Callable[[], float], random_bytes: Callable[[int], bytes]
    ) -> None:
        """Open or make the spool. `clock` gives UNIX seconds. Raises `FileUnusable`."""
        self._connection = open_writer(path, random_bytes=random_bytes)
        self._clock = clock
        self._turn = threading.Lock()
        self._group_size = 0
        self._group_open = False
        self._group_lost = False
        self.spool_id: Final = read_spool_id(self._connection)

    def add(self, accepted: AcceptedReport) -> Added:
        """Add a report to the group that the next `commit` makes durable.

        Raises `IdempotencyKeyReused`, which leaves the group as it was, or `SpoolUnavailable`,
        after which the whole group is lost and `commit` says so.
        """
        try:
            self._open_group()
            if self._is_remembered(accepted):
                return Added.REPEATED
            self._connection.execute(
                "INSERT INTO reports (report_key, received_at, encoded) VALUES (?, ?, ?)",
                (accepted.report_key, accepted.received_at, accepted.encoded),
            )
        except sqlite3.Error as error:
            self._lose_group()
            raise SpoolUnavailable from error
        self._group_size += 1
        return Added.STORED

    def commit(self) -> None:
        """Put the group on disk. Raises `SpoolUnavailable` when none of it is stored."""
        if self._group_lost:
            self._group_lost = False
            raise SpoolUnavailable
        if not self._group_open:
            return
        try:
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._lose_group()
            self._group_lost = False
            raise SpoolUnavailable from error
        self._close_group()

    def delete_through(self, watermark: Watermark) -> None:
        """Delete the rows that a database holds, and keys old enough to be forgotten.

        A watermark of another spool says nothing about these rows and deletes none of them.
        Raises `SpoolUnavailable`; the rows are deleted with a later watermark then.
        """
        if watermark.spool_id != self.spool_id:
            return
        oldest_hour = self._clock() - KEYS_REMEMBERED_SECONDS - _HOUR_SECONDS
        with self._transaction(durable=False) as connection:
            connection.execute("DELETE FROM reports WHERE row_id <= ?", (watermark.last_id,))
            connection.execute(
                "DELETE FROM accepted_keys WHERE report_key IN (SELECT report_key"
                " FROM accepted_keys WHERE received_at < ? LIMIT ?)",
                (oldest_hour, _KEYS_FORGOTTEN_AT_ONCE),
            )

    def number_above(self, watermark: Watermark) -> bool:
        """Make sure that every report to come is numbered above `watermark`.

        A spool that was restored from an older copy would otherwise give out again IDs that the
        database takes for reports it has. Returns whether that was so. Raises `SpoolUnavailable`.
        """
        if watermark.spool_id != self.spool_id:
            return False
        with self._transaction() as connection:
            changed = connection.execute(
                "UPDATE sqlite_sequence SET seq = ? WHERE name = 'reports' AND seq < ?",
                (watermark.last_id, watermark.last_id),
            )
            return changed.rowcount > 0

    def check_writable(self) -> None:
        """Write something, to find out whether that works. Raises `SpoolUnavailable`."""
        if self._group_open:
            return  # the commit of this group will tell
        with self._transaction() as connection:
            connection.execute("UPDATE spool SET spool_id = ?", (self.spool_id,))

    def close(self) -> None:
        """Close the file. A group that was not committed is lost."""
        self._connection.close()

    def _open_group(self) -> None:
        if self._group_lost:
            raise SpoolUnavailable
        if self._group_open:
            return
        self._turn.acquire()
        self._group_open = True
        self._connection.execute("BEGIN IMMEDIATE")

    def _close_group(self) -> None:
        self._group_open = False
        self._group_size = 0
        self._turn.release()

    def _lose_group(self) -> None:
        # SQLite may have rolled back by itself, when the disk is full for instance. Reports that
        # the group held already wait for a commit, which has to fail.
        self._group_lost = self._group_size > 0
        _roll_back(self._connection)
        self._close_group()

    def _is_remembered(self, accepted: AcceptedReport) -> bool:
        """Return whether the key is known with this very report; remember it where it is not."""
        if accepted.fingerprint is None:
            return False
        known = self._connection.execute(
            "SELECT fingerprint FROM accepted_keys WHERE report_key = ?", (accepted.report_key,)
        ).fetchone()
        if known is None:
            self._connection.execute(
                "INSERT INTO accepted_keys (report_key, fingerprint, received_at) VALUES (?, ?, ?)",
                (accepted.report_key, accepted.fingerprint, accepted.received_at),
            )
            return False
        if known[0] != accepted.fingerprint:
            raise IdempotencyKeyReused
        return True

    @contextmanager
    def _transaction(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """Make one transaction. One that is not durable is on disk with the next that is."""
        with self._turn:
            try:
                self._connection.execute(_SYNCHRONOUS[durable])
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                _roll_back(self._connection)
                raise SpoolUnavailable from error
            finally:
                self._connection.execute(_SYNCHRONOUS[True])


def _roll_back(connection: sqlite3.Connection) -> None:
    # Where even this fails the file is in trouble, and the next BEGIN says so.
    with suppress(sqlite3.Error):
        if connection.in_transaction:
            connection.execute("ROLLBACK")
