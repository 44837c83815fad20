"""What a data directory remembers of BigQuery: the load submitted last, and the tables it has seen.

A load is on disk before BigQuery hears of it. After a crash the same rows have to go under the same
job ID: other rows under it would be lost, because BigQuery takes them for loaded, and the same rows
under another would be there twice (docs/decisions/0018-load-jobs.md).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from collector.disk.errors import reason_of
from collector.disk.files import open_private, replace_private
from collector.errors import FileUnusable, WarehouseUnavailable
from collector.records import Batch, RowRange
from collector.warehouse.bigquery import BigQueryTable

PENDING_LOAD_FILE: Final = "bigquery-load"
KNOWN_TABLES_FILE: Final = "bigquery-tables"
_TABLE_DIGEST_BYTES: Final = 8


class PendingLoad(Struct, frozen=True):
    """A load that BigQuery may have heard of: some or all rows of a batch.

    `first` and `last` are the rows of the batch. `identity` and `keys` (of reports) are those of
    what is loaded; `dead_letters` are the keys of those that BigQuery refused.
    Earlier attempts than `attempt` are known to have failed, with nothing loaded.
    """

    table: str
    spool_id: str
    first: int
    last: int
    identity: str
    keys: tuple[str, ...]
    dead_letters: tuple[str, ...] = ()
    attempt: int = 1

    @property
    def rows(self) -> RowRange:
        """The rows of the whole batch."""
        return RowRange(self.first, self.last)

    @property
    def job_id(self) -> str:
        """The ID of the job that loads this."""
        return format_job_id(self.identity, self.table, self.attempt)

    def overlaps(self, batch: Batch) -> bool:
        """Whether rows of `batch` may be in this load."""
        rows = batch.rows
        is_apart = rows.last < self.first or self.last < rows.first
        return self.spool_id == batch.spool_id and not is_apart


def format_job_id(name: str, table: str, attempt: int) -> str:
    """Return the job ID for loading what `name` identifies into `table`.

    A job ID belongs to a project, not to a table, so the table is part of it, as a digest: letters,
    digits, `_` and `-` are allowed. A job that failed keeps its ID, so each attempt has one.
    https://cloud.google.com/bigquery/docs/reference/rest/v2/JobReference
    """
    digest = blake2b(table.encode(), digest_size=_TABLE_DIGEST_BYTES).hexdigest()
    return f"spartakus-{digest}-{name}-{attempt}"


class PendingLoadFile:
    """The file that holds the pending load. It is replaced as a whole, never changed."""

    def __init__(self, path: Path, table: BigQueryTable) -> None:
        """`table` is what is loaded into; what the file says about another does not count."""
        self._path: Final = path
        self._table: Final = str(table)

    def read(self) -> PendingLoad | None:
        """Return the load that was noted last, None where there was none.

        Raises `FileUnusable`, and `WarehouseUnavailable` where the disk fails.
        """
        try:
            with _disk_errors(self._path, "read"):
                if not os.path.lexists(self._path):
                    return None
                descriptor = open_private(self._path, os.O_RDONLY)
                with open(descriptor, "rb") as file:  # noqa: PTH123 - of a descriptor
                    load = msgspec.json.decode(file.read(), type=PendingLoad)
        except msgspec.DecodeError as error:
            raise FileUnusable(
                f"{self._path} is damaged: it does not say which load is pending; restore a"
                " copy of it, or move it away, after which reports of one batch may be in the"
                " table twice"
            ) from error
        return load if load.table == self._table else None

    def note(self, batch: Batch, part: Batch, dead_letters: tuple[str, ...] = ()) -> PendingLoad:
        """Note that `part` of `batch` is loaded now, and return the load; on return it is on disk.

        `dead_letters` are the keys of the others. The attempt is the next one where the same was
        noted before. Raises `FileUnusable` or `WarehouseUnavailable`.
        """
        known = self.read()
        if known is not None and known.identity == part.identity:
            return known
        load = PendingLoad(
            table=self._table,
            spool_id=batch.spool_id,
            first=batch.rows.first,
            last=batch.rows.last,
            identity=part.identity,
            keys=tuple(each.report_key for each in part.reports),
            dead_letters=dead_letters,
        )
        self._write(load)
        return load

    def note_failure(self, load: PendingLoad) -> PendingLoad:
        """Note that the attempt failed, with nothing loaded; return the next one, on disk.

        Raises `FileUnusable` or `WarehouseUnavailable`.
        """
        following = replace(load, attempt=load.attempt + 1)
        self._write(following)
        return following

    def _write(self, load: PendingLoad) -> None:
        with _disk_errors(self._path, "written"):
            replace_private(self._path, msgspec.json.encode(load))


class KnownTables:
    """The tables that were there once: a text file, one table a line.

    One that is gone was deleted by somebody, and is not made again.
    """

    def __init__(self, path: Path) -> None:
        self._path: Final = path

    def __contains__(self, table: object) -> bool:
        with _disk_errors(self._path, "read"):
            return self._path.exists() and str(table) in self._path.read_text("utf-8").splitlines()

    def add(self, table: object) -> None:
        """Add `table`; on return it is on disk. Raises `WarehouseUnavailable`."""
        if table in self:
            return
        with _disk_errors(self._path, "written"), self._path.open("a", encoding="utf-8") as file:
            file.write(f"{table}\n")
            file.flush()
            os.fsync(file.fileno())


@contextmanager
def _disk_errors(path: Path, verb: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise WarehouseUnavailable(f"{path} cannot be {verb}: {reason_of(error)}") from error
