"""The folder on disk: its days and files, and how files are added. `upkeep` replaces days.

DAY/SPOOL-FIRST-LAST.parquet             a batch: the rows FIRST through LAST of a spool
DAY/SPOOL-FIRST-LAST-GENERATION.parquet  the same rows, rewritten: merged, or some forgotten
.staging/   what is not finished; whatever is found there was left by a process that died
.writing    a lock: who changes the folder is alone
.reading    a lock: readers share it while they open files; held alone to replace a day
.owner      a lock: the one collector that writes here holds it for as long as it runs

DAY is `2026-11-25`; SPOOL the ID of a spool, without a dash; GENERATION eight random hex digits,
because a name is never used for other bytes. Readers read what matches `*/*.parquet`. Names alone
say how far a spool is in the folder.
"""

import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import date, timedelta
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from msgspec import Struct

from collector.disk.errors import reason_of
from collector.disk.files import (
    FILE_MODE,
    FOLDER_MODE,
    ExchangeFolders,
    exchange_folders,
    locked,
    make_private_folder,
    open_private,
    sync_folder,
)
from collector.errors import WarehouseUnavailable, WarehouseUnusable
from collector.records import DAY_SECONDS, Batch, RowRange, Watermark

SUFFIX: Final = ".parquet"
OLD: Final = "old-"
"""What the name of a day in staging begins with while another is put in its place."""

_STAGING: Final = ".staging"
_EPOCH: Final = date(1970, 1, 1)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_FILE: Final = re.compile(r"([A-Za-z0-9_]+)-(\d{1,19})-(\d{1,19})(?:-([0-9a-f]{8}))?\.parquet")
# What a file system keeps at its own root is nobody's mistake.
_TOLERATED: Final = frozenset({"lost+found"})


class FileName(Struct, frozen=True, order=True):
    """What the name of a file says. `generation` is empty for a batch as it was written."""

    spool_id: str
    first: int
    last: int
    generation: str = ""

    def __str__(self) -> str:
        generation = f"-{self.generation}" if self.generation else ""
        return f"{self.spool_id}-{self.first}-{self.last}{generation}{SUFFIX}"


def name_of(batch: Batch) -> FileName:
    """Return the name of the file that holds `batch`."""
    return FileName(batch.spool_id, batch.rows.first, batch.rows.last)


def merged_name(names: Iterable[FileName], *, generation: str) -> FileName:
    """Return the name of the file that holds what files of one spool hold."""
    parts = list(names)
    rows = RowRange(min(each.first for each in parts), max(each.last for each in parts))
    return FileName(parts[0].spool_id, rows.first, rows.last, generation)


def parse_file(name: str) -> FileName | None:
    """Return what `name` says, None for a file that is not ours."""
    parts = _FILE.fullmatch(name)
    if parts is None:
        return None
    return FileName(parts[1], int(parts[2]), int(parts[3]), parts[4] or "")


def day_name(day: int) -> str:
    """Return the name of a day, given in days since 1970-01-01 UTC."""
    return (_EPOCH + timedelta(days=day)).isoformat()


def parse_day(name: str) -> int | None:
    """Return the day that `name` means, None where it means none."""
    if _DAY.fullmatch(name) is None:
        return None
    try:
        return (date.fromisoformat(name) - _EPOCH).days
    except ValueError:
        return None


def today(now: float) -> int:
    """Return the day of `now`, UNIX seconds."""
    return int(now // DAY_SECONDS)


class Staging:
    """A folder that is gone at the end of the `with` block, with all that is still in it."""

    def __init__(self, path: Path) -> None:
        self.path: Final = path
        self._descriptor = -1

    def __enter__(self) -> Self:
        self.path.mkdir(mode=FOLDER_MODE)
        self._descriptor = os.open(self.path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._descriptor)
        shutil.rmtree(self.path, ignore_errors=error is not None)

    def fd_path(self, name: str) -> str:
        """Return a path of `name` in here for DuckDB, to which `*` or `?` in a path are a pattern.

        It has none, whatever the folder is called, and is good until the end of the block.
        """
        return f"/proc/self/fd/{self._descriptor}/{name}"

    def make_folder(self, name: str) -> str:
        """Make a folder in here where it is missing, and return its path for DuckDB."""
        (self.path / name).mkdir(mode=FOLDER_MODE, exist_ok=True)
        return self.fd_path(name)

    def sync(self, name: str) -> None:
        """Return once a finished file is on disk, private whatever the umask is."""
        descriptor = os.open(self.path / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            os.fchmod(descriptor, FILE_MODE)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class Folder:
    """A folder of reports. Raises `WarehouseUnavailable` for what the system refuses."""

    def __init__(self, path: Path, *, exchange: ExchangeFolders = exchange_folders) -> None:
        self.path: Final = path
        self.exchange: Final = exchange

    def prepare(self) -> None:
        """Make the folder where it is missing. Raises `WarehouseUnusable` for one not ours."""
        make_private_folder(self.path)
        os.close(open_private(self.path / ".reading"))
        with self.errors():
            for entry in self.path.iterdir():
                is_ours = entry.name.startswith(".") or parse_day(entry.name) is not None
                if not is_ours and entry.name not in _TOLERATED:
                    raise WarehouseUnusable(
                        f"{entry} is not a day of reports, so {self.path} is not a folder of"
                        " ours; give an empty one with --database parquet:///DIR, or move it away"
                    )

    @contextmanager
    def owned(self) -> Iterator[None]:
        """Be the one collector that writes here. Raises `WarehouseUnavailable` if there is one."""
        with ExitStack() as held:
            try:
                held.enter_context(locked(self.path / ".owner", fcntl.LOCK_EX | fcntl.LOCK_NB))
            except BlockingIOError as error:
                raise WarehouseUnavailable(
                    f"another collector writes to {self.path}; give each a folder of its own"
                ) from error
            yield

    @contextmanager
    def writing(self) -> Iterator[Staging]:
        """Change the folder alone, with a place for what is not finished."""
        with locked(self.path / ".writing"), self.errors():
            self._clear_staging()
            with Staging(self.path / _STAGING / secrets.token_hex(8)) as staging:
                yield staging

    def days(self) -> list[str]:
        """Return the names of the days, in order."""
        with self.errors():
            entries = list(self.path.iterdir()) if self.path.is_dir() else []
        return sorted(each.name for each in entries if parse_day(each.name) is not None)

    def files(self, day: str) -> list[str]:
        """Return the names of all files of a day that readers read, in order."""
        try:
            entries = list((self.path / day).iterdir())
        except FileNotFoundError:
            return []
        return sorted(each.name for each in entries if each.name.endswith(SUFFIX))

    def all_files(self) -> Iterator[tuple[str, str]]:
        """Return day and name of each file that readers read, in order."""
        return ((day, name) for day in self.days() for name in self.files(day))

    def batches(self) -> Iterator[FileName]:
        """Return what the name of each of our files says about the rows in it."""
        names = (parse_file(name) for _, name in self.all_files())
        return (each for each in names if each is not None)

    def watermark(self, spool_id: str) -> Watermark | None:
        """Return how far a spool is in the folder, None where no file is of it."""
        rows = [each.last for each in self.batches() if each.spool_id == spool_id]
        return Watermark(spool_id, max(rows)) if rows else None

    def publish(self, staging: Staging, staged: str, day: str, name: str) -> None:
        """Move a finished file into a day; on return it is there, on disk.

        Raises `WarehouseUnusable` where the name is taken: it stands for its bytes forever.
        """
        staging.sync(staged)
        target = self.path / day / name
        if target.exists():
            raise WarehouseUnusable(f"{target} is there already; move it away")
        self._make_day(day)
        (staging.path / staged).rename(target)
        sync_folder(target.parent)

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn what the system refuses into `WarehouseUnavailable`, naming the path."""
        try:
            yield
        except OSError as error:
            raise WarehouseUnavailable(
                f"{self._place_of(error)} cannot be used: {reason_of(error)}"
            ) from error

    def _place_of(self, error: OSError) -> Path:
        """Return what to name; names in staging are others each time, and mean nothing later."""
        path = Path(os.fsdecode(error.filename)) if error.filename else self.path
        staging = self.path / _STAGING
        return staging if staging in path.parents else path

    def _make_day(self, day: str) -> None:
        with suppress(FileExistsError):
            (self.path / day).mkdir(mode=FOLDER_MODE)
            sync_folder(self.path)

    def _clear_staging(self) -> None:
        staging = self.path / _STAGING
        make_private_folder(staging)
        for entry in staging.iterdir():
            day = entry.name.removeprefix(OLD)
            if entry.name.startswith(OLD) and not (self.path / day).exists():
                entry.rename(self.path / day)
                sync_folder(self.path)
            elif entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
