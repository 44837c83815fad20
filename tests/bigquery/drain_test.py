"""Spools that are drained into one table while requests fail and drains are killed."""

import os
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from random import Random

import pytest

from collector.drain.trials import TRIAL_FILE, TrialFile
from collector.testing import wait_until
from collector.warehouse.bigquery.testing import TABLE_ID, keys_in
from collector.warehouse.testing import dead_letters_in, keys_of, spooled
from tests.bigquery import drain_program
from tests.bigquery.drain_program import drain, fill, left_in
from tools.bigquery.faults import (
    ACCESS_REVOKED,
    INSERT,
    QUOTA_EXCEEDED,
    RATE_EXCEEDED,
    SERVER_ERROR,
    UNAVAILABLE,
    FaultScript,
    JobError,
    Reset,
    Silence,
    first,
    in_turn,
    no_faults,
    too_many_requests,
)
from tools.bigquery.messages import JSONObject
from tools.bigquery.server import FakeBigQuery, running_bigquery
from tools.bigquery.service import Behaviour

ANSWERS = (
    SERVER_ERROR,
    Reset(applied=True),
    UNAVAILABLE,
    too_many_requests(),
    QUOTA_EXCEEDED,
    Silence(applied=True),
    RATE_EXCEEDED,
    Reset(),
    ACCESS_REVOKED,
)
ENDS = (JobError(reason="backendError"), JobError(reason="quotaExceeded"))
KILLS = 3
ASK = "jobs.get"
NEVER_ENDS = 10**9
LARGEST = 8 * 1024 * 1024 - 2_000


def _faults() -> FaultScript:
    """Let three of ten requests about jobs fail, in every way, one after the other."""
    inserting = in_turn((*ANSWERS, *ENDS), of_ten=3)
    asking = in_turn(ANSWERS, of_ten=3, methods=(ASK,))
    return lambda request: inserting(request) or asking(request)


def _poison(row: JSONObject) -> str | None:
    return "it is bad" if row["clusterID"] == "poison" else None


def _run_and_kill(fake: FakeBigQuery, data_dir: Path, chance: Random) -> None:
    """Drain in a process that is killed while it does so, three times; then to the end."""
    for _ in range(KILLS):
        enough = fake.count(INSERT) + chance.randrange(1, 5)
        with _start(data_dir, fake.url, "small") as draining:
            try:
                wait_until(partial(_has, fake, enough))
            finally:
                draining.kill()
        assert draining.returncode == -signal.SIGKILL
    with _start(data_dir, fake.url, "small") as draining:
        assert draining.wait(60) == 0


def _start(data_dir: Path, url: str, size: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", drain_program.__name__, str(data_dir), url, size],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
    )


def _has(fake: FakeBigQuery, inserts: int) -> bool:
    return fake.count(INSERT) >= inserts


def test_faults_and_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    """Two collectors that fill one table while three of ten requests fail in every way, and that
    are killed three times each, bring each valid report into the table itself once, each bad one
    to the dead letters with its reason, and empty their spools.
    """
    chance = Random()
    folders = {tmp_path / name: number for name, number in (("one", 1_000), ("two", 2_000))}
    reports = {
        folder: [
            spooled(first + number, cluster_id="poison" if number % 25 == 7 else "")
            for number in range(120)
        ]
        for folder, first in folders.items()
    }
    with running_bigquery(behaviour=Behaviour(poison=_poison), script=_faults()) as fake:
        for folder in folders:
            fill(folder, reports[folder])
        with ThreadPoolExecutor() as collectors:
            runs = [collectors.submit(_run_and_kill, fake, each, chance) for each in folders]
            for run in runs:
                run.result()
        kept = keys_in(fake.table(TABLE_ID).rows)
    poison = {
        folder: keys_of(each for each in reports[folder] if b'"poison"' in each.encoded)
        for folder in folders
    }
    valid = {key for folder in folders for key in keys_of(reports[folder]) - poison[folder]}
    assert kept == Counter(valid)
    for folder in folders:
        assert left_in(folder) == 0
        letters = dead_letters_in(folder)
        assert {letter.report_key for letter in letters} == poison[folder]
        assert all(letter.reason.endswith("it is bad") for letter in letters)


def _kill_while_pending(fake: FakeBigQuery, data_dir: Path) -> None:
    """Drain in a process that is killed once it has asked again how its job stands."""
    enough = fake.count(ASK) + 2
    with _start(data_dir, fake.url, "full") as draining:
        try:
            wait_until(lambda: fake.count(ASK) >= enough)
            assert draining.poll() is None
        finally:
            draining.kill()


@pytest.mark.parametrize("reason", [None, "backendError"])
def test_a_report_whose_job_is_pending_is_not_given_up(tmp_path: Path, reason: str | None) -> None:
    """However many drains die while BigQuery takes its time over a job of one report, the report
    is in the table once and no dead letter, whether that job succeeds or not.
    """
    fill(tmp_path, [spooled(1)])
    script = no_faults if reason is None else first(1, JobError(reason=reason))
    with running_bigquery(behaviour=Behaviour(polls=NEVER_ENDS), script=script) as fake:
        for deaths in range(1, 5):
            _kill_while_pending(fake, tmp_path)
            trial = TrialFile(tmp_path / TRIAL_FILE).load()
            assert trial is not None
            assert trial.attempts == deaths
        fake.script = no_faults
        fake.service.behaviour = Behaviour()
        (job,) = fake.service.jobs.values()
        job.polls_left = 0
        drain(tmp_path, fake.url)
        assert keys_in(fake.table(TABLE_ID).rows) == Counter(keys_of([spooled(1)]))
        assert fake.count(INSERT) == (1 if reason is None else 2)
    assert left_in(tmp_path) == 0
    assert dead_letters_in(tmp_path) == []


def test_a_key_that_two_replicas_have_is_once_in_the_view(tmp_path: Path) -> None:
    """A report that was posted to two collectors is two rows of the table, and one of the view."""
    reports = [spooled(number) for number in range(30)]
    with running_bigquery() as fake:
        for name in ("one", "two"):
            fill(tmp_path / name, reports)
            drain(tmp_path / name, fake.url)
        table = fake.table(TABLE_ID)
        assert set(keys_in(table.rows).values()) == {2}
        assert keys_in(table.view()) == Counter(keys_of(reports))


@pytest.mark.parametrize("count", [9, 10, 11])
def test_a_spool_becomes_as_few_jobs_as_it_fills(tmp_path: Path, count: int) -> None:
    """A job holds a full batch, and the last one what is left."""
    with running_bigquery() as fake:
        fill(tmp_path, [spooled(number) for number in range(count)])
        drain(tmp_path, fake.url)
        assert fake.count(INSERT) == -(-count // 10)


def test_the_largest_reports_leave_a_drain_small(tmp_path: Path) -> None:
    """A drain that loads full batches of the largest reports stays under 400 MiB."""
    fill(tmp_path, [spooled(number, size=LARGEST) for number in range(10)])
    with running_bigquery(behaviour=Behaviour(polls=0)) as fake:
        with _start(tmp_path, fake.url, "full") as draining:
            peak, _ = draining.communicate(timeout=120)
        assert len(fake.table(TABLE_ID).rows) == 10
        assert fake.count(INSERT) == 2
    assert 100 < int(peak) < 400
