"""Finding the report that kills the drain: a process that dies leaves no error to read.

Before a batch is written, that is recorded in a file. A record found at the start was left by a
drain that died in the middle: of a report that takes too much memory for instance, of a defect in
what writes it, or of a signal.
A batch that two drains died of is tried in parts, and a part in parts, until one report is alone.
A report that three drains died of alone becomes a dead letter, unless the warehouse has it already:
drains that wait for its outcome do not die of the report. The record need not survive a power cut.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from collector.disk.errors import reason_of
from collector.errors import CollectorError, WarehouseUnavailable
from collector.records import Batch, BatchLimits, RowRange

TRIAL_FILE: Final = "drain-trial.json"
PARTS: Final = 8
_BEFORE_PARTS: Final = 2
_BEFORE_GIVING_UP: Final = 3


class Trial(Struct, frozen=True):
    """A batch that is being written for the nth time.

    Rows through `suspect_through`, 0 for none, go in batches of at most `max_reports`.
    """

    spool_id: str
    rows: RowRange
    attempts: int
    suspect_through: int = 0
    max_reports: int = 0


class TrialFile:
    """The trial under way, as a small file in the data directory."""

    def __init__(self, path: Path) -> None:
        self._path: Final = path

    def load(self) -> Trial | None:
        """Return the trial that a drain died in; None where there is none, or it cannot be read."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Trial)
        except (OSError, msgspec.DecodeError):
            return None

    def save(self, trial: Trial | None) -> None:
        """Record a trial, or with None that it is over. Raises `WarehouseUnavailable`."""
        try:
            if trial is None:
                self._path.unlink(missing_ok=True)
            else:
                self._path.write_bytes(msgspec.json.encode(trial))
        except OSError as error:
            raise WarehouseUnavailable(
                f"{self._path} cannot be written: {reason_of(error)}"
            ) from error


class Trials:
    """Decides for the drain of one spool in which batches rows are tried."""

    def __init__(self, file: TrialFile, *, spool_id: str) -> None:
        self._file: Final = file
        self._spool_id: Final = spool_id
        self._suspect_through = 0
        self._max_reports = 0
        found = file.load()
        self._fatal: Final = found if found is not None and found.spool_id == spool_id else None
        if self._fatal is not None:
            self._take_up(self._fatal)

    def limits(self, limits: BatchLimits, last_id: int) -> BatchLimits:
        """Return how large the batch after row `last_id` may be; `limits` are the usual ones."""
        if last_id >= self._suspect_through:
            return limits
        return BatchLimits(min(limits.max_reports, self._max_reports), limits.max_bytes)

    def is_given_up(self, batch: Batch) -> bool:
        """Return whether `batch` is a single report that three drains died of."""
        return len(batch.reports) == 1 and self._attempts(batch) >= _BEFORE_GIVING_UP

    @contextmanager
    def attempt(self, batch: Batch) -> Iterator[None]:
        """Record that `batch` is being written, for the `with` block.

        The record stays where the process dies, and after a defect.
        """
        count = self._attempts(batch) + 1
        suspects = (self._suspect_through, self._max_reports)
        self._file.save(Trial(self._spool_id, batch.rows, count, *suspects))
        try:
            yield
        except CollectorError:
            self._file.save(None)
            raise
        self._file.save(None)

    def _attempts(self, batch: Batch) -> int:
        fatal = self._fatal
        return fatal.attempts if fatal is not None and fatal.rows == batch.rows else 0

    def _take_up(self, fatal: Trial) -> None:
        count = fatal.rows.last - fatal.rows.first + 1
        self._suspect_through, self._max_reports = fatal.suspect_through, fatal.max_reports
        if fatal.attempts >= _BEFORE_PARTS and count > 1:
            self._suspect_through = max(self._suspect_through, fatal.rows.last)
            self._max_reports = max(1, count // PARTS)
