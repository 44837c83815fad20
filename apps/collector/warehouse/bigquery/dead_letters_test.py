"""Which reports end as dead letters when BigQuery refuses rows, and which never do."""

import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from collector.errors import WarehouseUnavailable
from collector.warehouse.bigquery.testing import (
    ALWAYS,
    TABLE_ID,
    batch_of,
    dead_letters_in,
    keys_in,
    keys_of,
    open_database,
    some_reports,
    spooled,
)
from collector.warehouse.dead_letters import DEAD_LETTERS_FILE, RETENTION_SECONDS, DeadLetters
from tools.bigquery.faults import EveryRow, HTTPError, first
from tools.bigquery.server import running_bigquery
from tools.bigquery.service import Behaviour


def test_a_report_that_spoils_its_request_is_found_and_buried(tmp_path: Path) -> None:
    """A row for which whole requests are refused ends as a dead letter, and all others as rows."""
    behaviour = Behaviour(refuses_request=lambda row: row.get("clusterID") == "cluster-7")
    reports = some_reports(20)
    with (
        running_bigquery(behaviour=behaviour) as fake,
        open_database(fake.url, tmp_path) as database,
    ):
        database.write(batch_of(reports))
        assert keys_in(fake.table(TABLE_ID).rows) == Counter(keys_of(reports) - {f"{7:032x}"})
    letters = dead_letters_in(tmp_path)
    assert [letter.report_key for letter in letters] == [f"{7:032x}"]
    assert letters[0].reason == "refused alone: HTTP 400: invalid: Invalid request."


def test_a_table_that_refuses_every_request_buries_nothing(tmp_path: Path) -> None:
    """When each request is refused, whatever is in it, no report is blamed for it."""
    with (
        running_bigquery() as fake,
        open_database(fake.url, tmp_path) as database,
    ):
        fake.script = first(ALWAYS, HTTPError(status=400, reason="invalid", message="no"))
        with pytest.raises(WarehouseUnavailable, match="refuses every row"):
            database.write(batch_of(some_reports(4)))
    assert dead_letters_in(tmp_path) == []


def test_a_report_stopped_for_good_when_it_is_alone_is_buried(tmp_path: Path) -> None:
    """A row that is `stopped` again and again without another to blame ends as a dead letter."""
    with (
        running_bigquery() as fake,
        open_database(fake.url, tmp_path) as database,
    ):
        stopped = EveryRow(reason="stopped")
        fake.script = lambda request: stopped if b"cluster-0" in request.body else None
        database.write(batch_of(some_reports(1)))
    assert [letter.reason for letter in dead_letters_in(tmp_path)] == ["refused alone: stopped"]


def test_a_report_is_not_buried_for_trouble_of_bigquerys(tmp_path: Path) -> None:
    """A row that is not taken because of BigQuery's own trouble stays in the spool."""
    with (
        running_bigquery() as fake,
        open_database(fake.url, tmp_path) as database,
    ):
        trouble = EveryRow(reason="backendError")
        fake.script = lambda request: trouble if b"cluster-0" in request.body else None
        with pytest.raises(WarehouseUnavailable, match="takes no rows now: backendError"):
            database.write(batch_of(some_reports(1)))
    assert dead_letters_in(tmp_path) == []


def test_old_dead_letters_go_with_the_next_batch(tmp_path: Path) -> None:
    """Writing a batch deletes the dead letters that have been kept for long enough."""
    long_ago = time.time() - RETENTION_SECONDS - 7_200
    with closing(DeadLetters(tmp_path / DEAD_LETTERS_FILE, clock=lambda: long_ago)) as letters:
        letters.add([(spooled(1), "why")])
    with running_bigquery() as fake, open_database(fake.url, tmp_path) as database:
        database.write(batch_of(some_reports(1)))
    assert dead_letters_in(tmp_path) == []
