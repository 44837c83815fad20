"""Behaviour of `collector.drain.trials`."""

from pathlib import Path

import pytest

from collector.drain.trials import PARTS, Trial, TrialFile, Trials
from collector.errors import WarehouseUnavailable
from collector.records import Batch, BatchLimits, RowRange, SpooledReport

SPOOL = "s1"
USUAL = BatchLimits(1_000, 1_000_000)
FATAL = 437


def batch(first: int, last: int) -> Batch:
    ids = range(first, last + 1)
    return Batch(SPOOL, tuple(SpooledReport(each, f"k{each}", 0, b"{}") for each in ids))


class _Process(TrialFile):
    """What a process records, until it dies."""

    is_dead = False

    def save(self, trial: Trial | None) -> None:
        if not self.is_dead:
            super().save(trial)


def one_life(path: Path, last_id: int, count: int) -> tuple[int, list[int]]:
    """Drain rows above `last_id` as a process that dies of row `FATAL`.

    Returns the last row that was done with, and those given up.
    """
    process = _Process(path)
    trials = Trials(process, spool_id=SPOOL)
    given_up: list[int] = []
    while last_id < count:
        limits = trials.limits(USUAL, last_id)
        rows = batch(last_id + 1, min(last_id + limits.max_reports, count))
        if trials.is_given_up(rows):
            given_up.append(rows.rows.first)
        else:
            with trials.attempt(rows):
                process.is_dead = rows.rows.first <= FATAL <= rows.rows.last
            if process.is_dead:
                return last_id, given_up
        last_id = rows.rows.last
    return last_id, given_up


def test_the_report_that_kills_drains_is_found(tmp_path: Path) -> None:
    """One row of a thousand is given up, after few deaths, and all others are written."""
    path = tmp_path / "trial"
    last_id, lives, given_up = 0, 0, list[int]()
    while last_id < 1_000:
        lives += 1
        assert lives < 20
        last_id, given_up = one_life(path, last_id, 1_000)
    assert given_up == [FATAL]
    assert TrialFile(path).load() is None


def test_a_batch_is_tried_once_more_as_it_is(tmp_path: Path) -> None:
    """One death may have been a kill: the same batch comes again, then parts of it."""
    path = tmp_path / "trial"
    limits = []
    for _ in range(3):
        limits.append(Trials(TrialFile(path), spool_id=SPOOL).limits(USUAL, 0).max_reports)
        one_life(path, 0, 800)
    assert limits == [1_000, 1_000, 800 // PARTS]


def test_a_trial_of_another_spool_is_ignored(tmp_path: Path) -> None:
    """Its row IDs are those of other rows."""
    file = TrialFile(tmp_path / "trial")
    file.save(Trial("other", RowRange(1, 1), 9))
    trials = Trials(file, spool_id=SPOOL)
    assert trials.limits(USUAL, 0) == USUAL
    assert not trials.is_given_up(batch(1, 1))


def test_an_error_is_not_a_death(tmp_path: Path) -> None:
    """When a warehouse is unavailable the record is removed."""
    file = TrialFile(tmp_path / "trial")
    trials = Trials(file, spool_id=SPOOL)
    with pytest.raises(WarehouseUnavailable), trials.attempt(batch(1, 2)):
        raise WarehouseUnavailable("later")
    assert file.load() is None


def test_a_defect_is_a_death(tmp_path: Path) -> None:
    """What nobody expected would happen again with the same rows, so the record stays."""
    file = TrialFile(tmp_path / "trial")
    with pytest.raises(KeyError), Trials(file, spool_id=SPOOL).attempt(batch(1, 2)):
        raise KeyError
    assert file.load() == Trial(SPOOL, RowRange(1, 2), 1)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"{}", b"[1]"])
def test_a_record_that_cannot_be_read_is_ignored(tmp_path: Path, content: bytes) -> None:
    """A record that was cut short is as good as none."""
    (tmp_path / "trial").write_bytes(content)
    assert TrialFile(tmp_path / "trial").load() is None
