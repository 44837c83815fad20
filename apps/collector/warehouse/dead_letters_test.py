"""Dead letters: kept, repeated, forgotten, let go after their time."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from collector.errors import FileUnusable, WarehouseUnavailable
from collector.warehouse.dead_letters import (
    RETENTION_SECONDS,
    DeadLetter,
    DeadLetters,
    count_dead_letters,
)
from collector.warehouse.testing import HOUR, spooled


def _open(path: Path, now: Callable[[], float] = lambda: HOUR + 59.5) -> DeadLetters:
    return DeadLetters(path, clock=now)


def test_a_dead_letter_survives_a_restart(tmp_path: Path) -> None:
    """A dead letter is there after the file is opened again, with its reason and the hours."""
    report = spooled(1)
    with closing(_open(tmp_path / "file")) as letters:
        letters.add([(report, "invalid: why")])
    with closing(_open(tmp_path / "file")) as letters:
        assert list(letters) == [
            DeadLetter(1, report.report_key, "invalid: why", HOUR, HOUR, report.encoded)
        ]


def test_a_report_refused_again_is_there_once(tmp_path: Path) -> None:
    """A repeated batch does not double its dead letters."""
    with closing(_open(tmp_path / "file")) as letters:
        letters.add([(spooled(1), "first"), (spooled(2), "first")])
        letters.add([(spooled(1), "second")])
        assert [each.reason for each in letters] == ["first", "second"]
        assert len(list(letters)) == 2


def test_a_dead_letter_is_gone_after_thirty_days(tmp_path: Path) -> None:
    """What was refused more than 30 days ago is deleted, and nothing earlier."""
    now = [float(HOUR)]
    with closing(_open(tmp_path / "file", lambda: now[0])) as letters:
        letters.add([(spooled(1), "why")])
        now[0] += RETENTION_SECONDS
        letters.expire()
        assert len(list(letters)) == 1
        letters.add([(spooled(2), "why")])
        now[0] += 3_600
        letters.expire()
        assert [each.report_key for each in letters] == [f"{2:032x}"]
        now[0] += RETENTION_SECONDS
        letters.expire()
        assert list(letters) == []


def test_forgetting_reaches_dead_letters(tmp_path: Path) -> None:
    """Forgetting a cluster deletes its dead letters, says how many, and leaves no trace of it."""
    path = tmp_path / "file"
    with closing(_open(path)) as letters:
        clusters = ["secret-one", "other", "secret-one"]
        letters.add([(spooled(n, cluster_id=each), "why") for n, each in enumerate(clusters)])
        assert letters.forget("secret-one") == 2
        assert letters.forget("secret-one") == 0
        assert len(list(letters)) == 1
        files = sorted(tmp_path.iterdir())
        assert not any(b"secret-one" in each.read_bytes() for each in files)


def test_a_letter_that_was_taken_is_removed(tmp_path: Path) -> None:
    """Removing a letter leaves one that replaced it since."""
    with closing(_open(tmp_path / "file")) as letters:
        letters.add([(spooled(1), "first"), (spooled(2), "first")])
        read = list(letters)
        letters.add([(spooled(1), "second")])
        letters.remove(read)
        assert [(each.report_key, each.reason) for each in letters] == [(f"{1:032x}", "second")]


def test_another_programs_file_is_left_alone(tmp_path: Path) -> None:
    """A SQLite file of something else is refused by name and not changed."""
    path = tmp_path / "file"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
        connection.commit()
    before = path.read_bytes()
    with pytest.raises(FileUnusable, match="another program's file"):
        _open(path)
    assert path.read_bytes() == before


def test_a_damaged_file_is_left_alone(tmp_path: Path) -> None:
    """A file that is not SQLite is refused, naming it and what to do."""
    path = tmp_path / "file"
    path.write_bytes(b"not SQLite at all" * 100)
    with pytest.raises(FileUnusable, match=r"file .* move it away"):
        _open(path)
    assert path.read_bytes() == b"not SQLite at all" * 100


def test_a_disk_that_fails_keeps_nothing(tmp_path: Path) -> None:
    """A file that cannot be written does not lose a report: the warehouse is unavailable."""
    path = tmp_path / "file"
    with closing(_open(path)) as letters, closing(sqlite3.connect(path)) as other:
        other.execute("DROP TABLE dead_letters")
        with pytest.raises(WarehouseUnavailable, match="cannot be written"):
            letters.add([(spooled(1), "why")])


def test_dead_letters_are_counted_from_another_process(tmp_path: Path) -> None:
    """Without a file there are none; with one it is read and not changed."""
    path = tmp_path / "dead-letters.sqlite"
    assert count_dead_letters(path) == 0
    assert not path.exists()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE dead_letters (report_key TEXT)")
        connection.execute("INSERT INTO dead_letters VALUES ('a'), ('b')")
        connection.commit()
    assert count_dead_letters(path) == 2
