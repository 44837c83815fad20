"""The spool: where a report is on disk before it is acknowledged.

Reports are added to a group and committed together. Rows are deleted once the drain has said that
the warehouse holds them; it reads the file itself (`collector.spool.file`).
"""

import enum
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final

from collector.disk.errors import reason_of, reason_of_sqlite
from collector.disk.files import free_bytes
from collector.disk.sqlite_file import remove_traces
from collector.errors import IdempotencyKeyReused, SpoolFull, SpoolUnavailable
from collector.records import AcceptedReport, Watermark
from collector.spool.backlog import Backlog, BacklogMeter, SpoolLimits
from collector.spool.file import (
    FINGERPRINT,
    FORGET_KEYS,
    SPOOL_ID,
    ReportCompressor,
    insert,
    measure_through,
    open_writer,
)

KEYS_REMEMBERED_SECONDS: Final = 48 * 3_600
_HOUR_SECONDS: Final = 3_600
_KEYS_FORGOTTEN_AT_ONCE: Final = 5_000
_EVERY_ROW: Final = 2**63 - 1
# Pages of 16 KiB: a file is worth shortening from 64 MiB on, and with up to 8 MiB in use.
_EMPTY_PAGES: Final = 4_096
_LIVE_PAGES: Final = 512
_DEFAULT_LIMITS: Final = SpoolLimits()
# A deletion that a power cut undoes is made again, so it need not wait for the disk.
_SYNCHRONOUS: Final = {True: "PRAGMA synchronous = FULL", False: "PRAGMA synchronous = NORMAL"}


class Added(enum.Enum):
    """What became of a report that was added. Both hold once the group is committed."""

    STORED = "stored"
    REPEATED = "repeated"


class Spool:
    """The one writer of a spool.

    `add` and `commit` belong to the thread that serves; any thread may call the other methods. A
    group is open from the first `add` to `commit`, and the other methods wait for that.
    """

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], float],
        random_bytes: Callable[[int], bytes],
        limits: SpoolLimits = _DEFAULT_LIMITS,
        free_bytes: Callable[[Path], int] = free_bytes,
    ) -> None:
        """Open or make the spool. Raises `FileUnusable`.

        `clock` gives UNIX seconds, `free_bytes` the bytes that are free on the disk of a directory.
        """
        self._path: Final = path
        self._connection = open_writer(path, random_bytes=random_bytes)
        self._compressor: Final = ReportCompressor()
        self._clock = clock
        self._limits: Final = limits
        self._free_bytes: Final = partial(free_bytes, path.parent)
        self._lock = threading.Lock()
        self._meter: Final = BacklogMeter(clock)
        self._group_size, self._group_bytes, self._group_last_id = 0, 0, 0
        self._group_open = False
        self._group_lost: str | None = None  # why
        self._group_free_bytes: int | None = None
        self.spool_id: Final = str(self._connection.execute(SPOOL_ID).fetchone()[0])
        reports, size_bytes, last_id = measure_through(self._connection, _EVERY_ROW)
        if reports:
            self._meter.add(reports=reports, size_bytes=size_bytes, last_id=last_id)

    def backlog(self) -> Backlog:
        """Return what waits for the warehouse. Never waits itself."""
        return self._meter.reading()

    def full(self) -> str | None:
        """Return why no report fits now, None where one does."""
        return self._limits.reason_against(
            waiting_bytes=self._meter.size_bytes + self._group_bytes, free_bytes=self._free_bytes()
        )

    def add(self, accepted: AcceptedReport) -> Added:
        """Add a report to the group that the next `commit` makes durable.

        Raises `IdempotencyKeyReused` or `SpoolFull`, which leave the group as it was, or
        `SpoolUnavailable`, after which the whole group is lost and `commit` says so.
        """
        try:
            self._open_group()
            if self._is_repeated(accepted):
                return Added.REPEATED
            self._check_room()
            compressed = self._compressor.compress(accepted.encoded)
            self._group_last_id = insert(self._connection, accepted, compressed)
        except (sqlite3.Error, OSError) as error:
            raise self._lose_group(error) from error
        self._group_size += 1
        self._group_bytes += len(compressed)
        return Added.STORED

    def commit(self) -> int:
        """Put the group on disk, and return how many reports it added.

        Raises `SpoolUnavailable` when none of it is stored.
        """
        if self._group_lost is not None:
            lost, self._group_lost = self._group_lost, None
            raise SpoolUnavailable(lost)
        if not self._group_open:
            return 0
        try:
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            failure = self._lose_group(error)
            self._group_lost = None
            raise failure from error
        added = self._group_size
        if added:
            self._meter.add(
                reports=added, size_bytes=self._group_bytes, last_id=self._group_last_id
            )
        self._close_group()
        return added

    def delete_through(self, watermark: Watermark) -> None:
        """Delete the rows that a warehouse holds, and keys old enough to be forgotten.

        A watermark of another spool says nothing about these rows and deletes none of them.
        Raises `SpoolUnavailable`; the rows are deleted with a later watermark then.
        """
        if watermark.spool_id != self.spool_id:
            return
        with self._transaction(durable=False) as connection:
            reports, size_bytes, _ = measure_through(connection, watermark.last_id)
            connection.execute("DELETE FROM reports WHERE row_id <= ?", (watermark.last_id,))
            oldest_hour = self._clock() - KEYS_REMEMBERED_SECONDS - _HOUR_SECONDS
            connection.execute(FORGET_KEYS, (oldest_hour, _KEYS_FORGOTTEN_AT_ONCE))
            is_empty = connection.execute("SELECT NOT EXISTS (SELECT 1 FROM reports)").fetchone()[0]
            if is_empty:  # also of what another process forgot meanwhile
                reports, size_bytes = self._meter.reading().reports, self._meter.size_bytes
            self._meter.remove(reports=reports, size_bytes=size_bytes, through=watermark.last_id)
        self._give_back_room()

    def number_above(self, watermark: Watermark) -> bool:
        """Make sure that every report to come is numbered above `watermark`.

        A spool restored from an older copy would otherwise reuse IDs, and the warehouse would take
        new rows for rows that it has. Returns whether that was so. Raises `SpoolUnavailable`.
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
        """Write a row and delete it. Raises `SpoolUnavailable`, also while a group is open."""
        if self._group_open:
            raise SpoolUnavailable("a group is open")
        with self._transaction() as connection:
            # SQLite skips an update that changes nothing, but it writes the page of this row.
            connection.execute("INSERT INTO accepted_keys VALUES ('', x'', 0, x'')")
            connection.execute("DELETE FROM accepted_keys WHERE report_key = ''")

    def close(self) -> None:
        """Close the file. A group that was not committed is lost."""
        self._connection.close()

    def _give_back_room(self) -> None:
        """Shorten the file where most of it is empty, and the rest is quickly rewritten."""
        with self._lock, suppress(sqlite3.Error):  # when the disk is full, the commits say so
            pages, empty = (
                int(self._connection.execute(f"PRAGMA {name}").fetchone()[0])
                for name in ("page_count", "freelist_count")
            )
            if empty >= _EMPTY_PAGES and pages - empty <= _LIVE_PAGES:
                # The thread that serves waits for the lock, so readers are not waited for.
                remove_traces(self._connection, reader_seconds=0)

    def _open_group(self) -> None:
        if self._group_lost is not None:
            raise SpoolUnavailable(self._group_lost)
        if self._group_open:
            return
        self._lock.acquire()
        self._group_open = True
        self._group_free_bytes = None
        self._connection.execute("BEGIN IMMEDIATE")

    def _close_group(self) -> None:
        self._group_open = False
        self._group_size, self._group_bytes = 0, 0
        self._lock.release()

    def _lose_group(self, error: sqlite3.Error | OSError) -> SpoolUnavailable:
        # SQLite may have rolled back by itself, when the disk is full for instance. Reports that
        # were added before wait for a commit, which has to fail.
        failure = self._unavailable(error)
        self._group_lost = failure.reason if self._group_size > 0 else None
        _roll_back(self._connection)
        self._close_group()
        return failure

    def _unavailable(self, error: sqlite3.Error | OSError) -> SpoolUnavailable:
        reason = reason_of(error) if isinstance(error, OSError) else reason_of_sqlite(error)
        return SpoolUnavailable(f"{self._path} cannot be written: {reason}")

    def _is_repeated(self, accepted: AcceptedReport) -> bool:
        """Return whether the key is known, with this very report."""
        if accepted.fingerprint is None:
            return False
        known = self._connection.execute(FINGERPRINT, (accepted.report_key,)).fetchone()
        if known is not None and known[0] != accepted.fingerprint:
            raise IdempotencyKeyReused
        return known is not None

    def _check_room(self) -> None:
        if self._group_free_bytes is None:  # once a group: it is a system call
            self._group_free_bytes = self._free_bytes()
        reason = self._limits.reason_against(
            waiting_bytes=self._meter.size_bytes + self._group_bytes,
            free_bytes=self._group_free_bytes - self._group_bytes,
        )
        if reason is not None:
            raise SpoolFull

    @contextmanager
    def _transaction(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """Make one transaction. One that is not durable is on disk after the next that is."""
        with self._lock:
            try:
                self._connection.execute(_SYNCHRONOUS[durable])
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                _roll_back(self._connection)
                raise self._unavailable(error) from error
            finally:
                self._connection.execute(_SYNCHRONOUS[True])


def _roll_back(connection: sqlite3.Connection) -> None:
    # Where even this fails the file is in trouble, and the next BEGIN says so.
    with suppress(sqlite3.Error):
        if connection.in_transaction:
            connection.execute("ROLLBACK")
