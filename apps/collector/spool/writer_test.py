"""Behaviour of `collector.spool.writer` and `collector.spool.reader`, on real files."""

import os
import random
import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.errors import FileUnusable, IdempotencyKeyReused, SpoolFull, SpoolUnavailable
from collector.records import AcceptedReport, Batch, RowRange, Watermark
from collector.spool.backlog import Backlog
from collector.spool.compression import Packing
from collector.spool.limits import SpoolLimits
from collector.spool.reader import SpoolReader
from collector.spool.writer import KEYS_REMEMBERED_SECONDS, Added, Spool
from collector.warehouse import BatchLimits

HOUR = 3_600
NOON = 1_700_049_600
ANY_SIZE = SpoolLimits()
PLENTY = 1 << 40
PACKED_BYTES = len(Packing().pack(b"{}"))
# Takes as much room packed.
LARGE = b"{" + random.Random(0).randbytes(300_000)


class _Clock:
    """A clock that a test sets, in UNIX seconds."""

    def __init__(self) -> None:
        self.now = float(NOON)

    def __call__(self) -> float:
        return self.now


@contextmanager
def open_spool(
    directory: Path,
    clock: _Clock | None = None,
    *,
    limits: SpoolLimits = ANY_SIZE,
    free_bytes: Callable[[], int] = lambda: PLENTY,
) -> Iterator[Spool]:
    spool = Spool(
        directory / "spool.sqlite",
        clock=clock or _Clock(),
        random_bytes=os.urandom,
        limits=limits,
        free_bytes=free_bytes,
    )
    with closing(spool):
        yield spool


def accepted(
    key: str = "k", *, fingerprint: bytes | None = None, encoded: bytes = b"{}", at: int = NOON
) -> AcceptedReport:
    return AcceptedReport(key, at, encoded, fingerprint)


def read(directory: Path, after: int = 0, *, most: int = 1_000, size: int = 1 << 30) -> list[int]:
    with closing(SpoolReader(directory / "spool.sqlite")) as reader:
        batch = reader.read_after(after, through=2**63 - 1, limits=BatchLimits(most, size))
    return [] if batch is None else [each.row_id for each in batch.reports]


def test_a_committed_report_can_be_read(tmp_path: Path) -> None:
    """The reader gets what was committed, as it was added."""
    with open_spool(tmp_path) as spool:
        assert spool.add(accepted("k1", encoded=b'{"a":1}')) is Added.STORED
        spool.commit()
        with closing(SpoolReader(tmp_path / "spool.sqlite")) as reader:
            batch = reader.read_after(0, through=9, limits=BatchLimits(10, 10))
    assert isinstance(batch, Batch)
    assert batch.watermark == Watermark(spool.spool_id, 1)
    assert (batch.reports[0].report_key, batch.reports[0].received_at) == ("k1", NOON)
    assert batch.reports[0].encoded == b'{"a":1}'


def test_what_was_not_committed_is_not_there(tmp_path: Path) -> None:
    """A group that was added and not committed is gone after closing."""
    with open_spool(tmp_path) as spool:
        spool.add(accepted())
        assert read(tmp_path) == []
    assert read(tmp_path) == []


def test_ids_grow_for_ever(tmp_path: Path) -> None:
    """A row added to a spool that was emptied and opened again has a new ID."""
    with open_spool(tmp_path) as spool:
        spool.add(accepted())
        spool.commit()
        spool.delete_through(Watermark(spool.spool_id, 1))
    with open_spool(tmp_path) as spool:
        spool.add(accepted())
        spool.commit()
    assert read(tmp_path) == [2]


def test_the_spool_id_stays(tmp_path: Path) -> None:
    """A spool keeps its ID; another spool has another."""
    with open_spool(tmp_path) as spool:
        first = spool.spool_id
    with open_spool(tmp_path) as spool:
        assert spool.spool_id == first
    (tmp_path / "other").mkdir()
    with open_spool(tmp_path / "other") as spool:
        assert spool.spool_id != first


def test_a_strange_watermark_deletes_nothing(tmp_path: Path) -> None:
    """Rows are deleted only under the ID of their own spool."""
    with open_spool(tmp_path) as spool:
        spool.add(accepted())
        spool.commit()
        spool.delete_through(Watermark("another", 10))
        assert read(tmp_path) == [1]
        spool.delete_through(Watermark(spool.spool_id, 10))
        assert read(tmp_path) == []


def test_a_repeat_is_stored_once(tmp_path: Path) -> None:
    """A key with the same report again is known: in its group, later, and once drained."""
    report = accepted(fingerprint=b"f" * 16)
    with open_spool(tmp_path) as spool:
        assert [spool.add(report), spool.add(report)] == [Added.STORED, Added.REPEATED]
        spool.commit()
        spool.delete_through(Watermark(spool.spool_id, 1))
        assert spool.add(report) is Added.REPEATED
        spool.commit()
    assert read(tmp_path) == []


def test_a_key_with_another_report_is_refused(tmp_path: Path) -> None:
    """A reused key leaves the rest of the group as it is."""
    with open_spool(tmp_path) as spool:
        spool.add(accepted("k1", fingerprint=b"f" * 16))
        with pytest.raises(IdempotencyKeyReused):
            spool.add(accepted("k1", fingerprint=b"g" * 16))
        spool.add(accepted("k2"))
        spool.commit()
    assert read(tmp_path) == [1, 2]


@pytest.mark.parametrize(("age_hours", "outcome"), [(47.9, Added.REPEATED), (49.1, Added.STORED)])
def test_a_key_is_remembered_for_48_hours(tmp_path: Path, age_hours: float, outcome: Added) -> None:
    """A key is known for 48 hours after its report, and forgotten within about an hour more."""
    clock = _Clock()
    report = accepted(fingerprint=b"f" * 16, at=int(clock.now))
    with open_spool(tmp_path, clock) as spool:
        spool.add(report)
        spool.commit()
        clock.now += age_hours * HOUR
        spool.delete_through(Watermark(spool.spool_id, 1))
        assert spool.add(report) is outcome
        spool.commit()
    assert KEYS_REMEMBERED_SECONDS == 48 * HOUR


def test_a_batch_is_bounded_by_rows_and_bytes(tmp_path: Path) -> None:
    """A batch holds no more rows than asked, ends once it has the bytes, and holds one at least."""
    with open_spool(tmp_path) as spool:
        for number in range(5):
            spool.add(accepted(f"k{number}", encoded=b"{%98d}" % number))
        spool.commit()
    assert read(tmp_path, 1, most=2) == [2, 3]
    assert read(tmp_path, 0, size=150) == [1, 2]
    assert read(tmp_path, 4, size=1) == [5]
    assert read(tmp_path, 5) == []


def test_a_batch_is_of_one_day(tmp_path: Path) -> None:
    """A batch ends where the day of receipt changes, in either direction, and where it is told."""
    hours = (NOON, NOON + 12 * HOUR, NOON + 13 * HOUR, NOON)
    with open_spool(tmp_path) as spool:
        for number, hour in enumerate(hours):
            spool.add(accepted(f"k{number}", at=hour))
        spool.commit()
    assert [read(tmp_path, after) for after in range(4)] == [[1], [2, 3], [3], [4]]
    with closing(SpoolReader(tmp_path / "spool.sqlite")) as reader:
        batch = reader.read_after(1, through=2, limits=BatchLimits(10, 1_000))
    assert batch is not None
    assert batch.rows == RowRange(2, 2)


def test_the_rows_of_a_batch_can_be_read_again(tmp_path: Path) -> None:
    """What is left of a range of rows is one batch; where nothing is left there is none."""
    with open_spool(tmp_path) as spool:
        for number in range(5):
            spool.add(accepted(f"k{number}"))
        spool.commit()
        spool.delete_through(Watermark(spool.spool_id, 2))
    with closing(SpoolReader(tmp_path / "spool.sqlite")) as reader:
        batch = reader.read_range(RowRange(1, 4))
        assert batch is not None
        assert batch.rows == RowRange(3, 4)
        assert reader.read_range(RowRange(1, 2)) is None


def test_a_damaged_row_is_named(tmp_path: Path) -> None:
    """A row that does not hold what was packed is no report: the reader says which one."""
    with open_spool(tmp_path) as spool:
        spool.add(accepted())
        spool.commit()
    with closing(sqlite3.connect(tmp_path / "spool.sqlite")) as connection:
        connection.execute("UPDATE reports SET packed = substr(packed, 1, 12)")
        connection.commit()
    with pytest.raises(FileUnusable, match=r"spool\.sqlite is damaged: row 1 "):
        read(tmp_path)


def test_new_reports_are_numbered_above_the_database(tmp_path: Path) -> None:
    """A spool older than the database gives out no ID that the database has passed."""
    with open_spool(tmp_path) as spool:
        assert spool.number_above(Watermark(spool.spool_id, 40))
        assert not spool.number_above(Watermark(spool.spool_id, 7))
        assert not spool.number_above(Watermark("another", 90))
        spool.add(accepted())
        spool.commit()
    assert read(tmp_path) == [41]


def test_the_oldest_unread_row_is_known(tmp_path: Path) -> None:
    """It is the first row, or the next one when the spool is empty."""
    with open_spool(tmp_path) as spool:
        for key in ("k1", "k2"):
            spool.add(accepted(key))
        spool.commit()
        with closing(SpoolReader(tmp_path / "spool.sqlite")) as reader:
            assert reader.first_unread() == 1
            spool.delete_through(Watermark(spool.spool_id, 1))
            assert reader.first_unread() == 2
            spool.delete_through(Watermark(spool.spool_id, 2))
            assert reader.first_unread() == 3


def test_each_commit_is_synchronous(tmp_path: Path) -> None:
    """The writer's connection makes every commit wait for the disk, also after a deletion."""
    with open_spool(tmp_path) as spool:
        spool.add(accepted())
        spool.commit()
        spool.delete_through(Watermark(spool.spool_id, 1))
        level = spool._connection.execute("PRAGMA synchronous").fetchone()  # noqa: SLF001 - no other way to see it
    assert level == (2,)


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond `size` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_loses_the_group_and_no_more(tmp_path: Path) -> None:
    """When the disk is full a commit fails; what was committed stays; with room it goes on."""
    with open_spool(tmp_path) as spool:
        spool.add(accepted("before"))
        spool.commit()
        with full_disk(200_000), pytest.raises(SpoolUnavailable):
            _fill(spool)
        spool.check_writable()
        spool.add(accepted("after"))
        spool.commit()
    with closing(sqlite3.connect(tmp_path / "spool.sqlite")) as connection:
        keys = connection.execute("SELECT report_key FROM reports").fetchall()
    assert ("before",) in keys
    assert ("after",) in keys
    assert ("lost",) not in keys


def _fill(spool: Spool) -> None:
    for _ in range(100):
        spool.add(accepted("lost", encoded=LARGE))
        spool.commit()


def test_a_failed_add_fails_the_commit_of_its_group(tmp_path: Path) -> None:
    """Reports that were added before the disk was full are not acknowledged either."""
    with open_spool(tmp_path) as spool:
        with full_disk(200_000):
            spool.add(accepted("early"))
            with pytest.raises(SpoolUnavailable):
                _add_until_full(spool)
        with pytest.raises(SpoolUnavailable) as failure:
            spool.commit()
        assert failure.value.reason.startswith(f"{tmp_path}/spool.sqlite cannot be written: ")
        spool.add(accepted("later"))
        spool.commit()
    with closing(sqlite3.connect(tmp_path / "spool.sqlite")) as connection:
        assert connection.execute("SELECT report_key FROM reports").fetchall() == [("later",)]


def _add_until_full(spool: Spool) -> None:
    for _ in range(200):
        spool.add(accepted("lost", encoded=LARGE))


def test_a_spool_that_was_large_gives_its_room_back(tmp_path: Path) -> None:
    """Once the rows that made it large are gone the file is short again, and what is left stays."""
    count = 250
    with open_spool(tmp_path) as spool:
        for _ in range(count):
            spool.add(accepted(encoded=LARGE))
        spool.commit()
        spool.add(accepted("left"))
        spool.commit()
        path = tmp_path / "spool.sqlite"
        spool.delete_through(Watermark(spool.spool_id, 1))
        large = path.stat().st_size
        assert large > 64 * 1024 * 1024
        spool.delete_through(Watermark(spool.spool_id, count))
        assert path.stat().st_size < large // 50
        assert path.with_name("spool.sqlite-wal").stat().st_size == 0
        assert spool.backlog().reports == 1
        with closing(SpoolReader(path)) as reader:
            assert (reader.first_unread(), reader.last_id()) == (count + 1, count + 1)


@given(sizes=st.lists(st.integers(0, 6), max_size=6), drained=st.integers(0, 30))
def test_rows_above_the_watermark_stay(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], drained: int
) -> None:
    """Whatever was committed in whatever groups, exactly the rows above the watermark remain."""
    directory = tmp_path_factory.mktemp("spool")
    with open_spool(directory) as spool:
        for size in sizes:
            for _ in range(size):
                spool.add(accepted())
            spool.commit()
        spool.delete_through(Watermark(spool.spool_id, drained))
    assert read(directory) == list(range(drained + 1, sum(sizes) + 1))


def test_a_group_of_new_reports_is_counted(tmp_path: Path) -> None:
    """A commit tells how many reports it added; repeats are not among them."""
    with open_spool(tmp_path) as spool:
        assert spool.commit() == 0
        for _ in range(2):
            spool.add(accepted(fingerprint=b"f"))
        assert spool.commit() == 1
        assert spool.add(accepted(fingerprint=b"f")) is Added.REPEATED
        assert spool.commit() == 0


def test_the_backlog_is_known_after_a_restart(tmp_path: Path) -> None:
    """How many reports and bytes wait is counted anew when the spool is opened."""
    clock = _Clock()
    with open_spool(tmp_path, clock) as spool:
        for key in ("a", "b", "c"):
            spool.add(accepted(key))
        spool.commit()
        clock.now += 7
        assert spool.backlog() == Backlog(3, 3 * PACKED_BYTES, 7.0)
    with open_spool(tmp_path, clock) as spool:
        assert spool.backlog() == Backlog(3, 3 * PACKED_BYTES, 0.0)
        spool.delete_through(Watermark(spool.spool_id, 2))
        assert spool.backlog() == Backlog(1, PACKED_BYTES, 0.0)
    with open_spool(tmp_path, clock) as spool:
        spool.delete_through(Watermark(spool.spool_id, 3))
        clock.now += 7
        assert spool.backlog() == Backlog(0, 0, 0.0)


def test_a_full_spool_keeps_what_it_has(tmp_path: Path) -> None:
    """At the limit a report is refused, the others of its group are stored, repeats are known."""
    with open_spool(tmp_path, limits=SpoolLimits(max_bytes=2 * PACKED_BYTES)) as spool:
        for key in ("a", "b"):
            spool.add(accepted(key, fingerprint=b"f"))
        with pytest.raises(SpoolFull):
            spool.add(accepted("c", fingerprint=b"f"))
        assert spool.commit() == 2
        assert spool.add(accepted("a", fingerprint=b"f")) is Added.REPEATED
        with pytest.raises(SpoolFull):
            spool.add(accepted("c", fingerprint=b"f"))
        assert spool.commit() == 0
        assert "the spool is full" in str(spool.full())
        spool.delete_through(Watermark(spool.spool_id, 1))
        assert spool.full() is None
        assert spool.add(accepted("c", fingerprint=b"f")) is Added.STORED
        assert spool.commit() == 1
    assert read(tmp_path) == [2, 3]


def test_a_disk_that_fills_up_takes_no_report(tmp_path: Path) -> None:
    """What has to stay free on the disk is asked for anew in each group."""
    free = [50 + PACKED_BYTES - 1]
    limits = SpoolLimits(min_free_bytes=50)
    with open_spool(tmp_path, limits=limits, free_bytes=lambda: free[0]) as spool:
        assert spool.full() is None
        spool.add(accepted("a"))
        with pytest.raises(SpoolFull):  # the first of the group will take that room
            spool.add(accepted("b"))
        assert spool.commit() == 1
        free[0] = 49
        assert "the disk is full" in str(spool.full())
        with pytest.raises(SpoolFull):
            spool.add(accepted("b"))
        free[0] = 50
        spool.commit()
        spool.add(accepted("b"))
        assert spool.commit() == 1
