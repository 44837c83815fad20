"""A clock that is set back and forward, under everything that reads it."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from collector.http.intake import Post, accept
from collector.spool.file import SpoolReader
from collector.spool.writer import Added, Spool
from collector.testing import clusters_in, query, report_of
from collector.warehouse.parquet.warehouse import open_parquet

NOW = 1_800_000_000.0
DAY = 86_400.0


class Collected:
    """Intake, spool and folder, with a clock that can be set."""

    def __init__(self, directory: Path) -> None:
        self.now = NOW
        self._directory = directory
        self.data_dir = directory
        self.spool = Spool(
            directory / "spool.sqlite", clock=lambda: self.now, random_bytes=os.urandom
        )

    def post(self, cluster_id: str, key: str | None = None) -> Added:
        """Take a report in, as the service does."""
        body = json.dumps(report_of(cluster_id)).encode()
        post = Post("application/json", None, key, body)
        added = self.spool.add(
            accept(post, now=self.now, random_bytes=os.urandom, processor_seconds=time.thread_time)
        )
        self.spool.commit()
        return added

    def drain(self) -> None:
        """Move what the warehouse does not have, as the drain does."""
        with (
            closing(SpoolReader(self._directory / "spool.sqlite")) as reader,
            closing(open_parquet(self.data_dir / "reports", data_dir=self.data_dir)) as warehouse,
        ):
            watermark = warehouse.watermark(reader.spool_id)
            last_id = 0 if watermark is None else watermark.last_id
            while batch := reader.read_after(
                last_id, through=reader.last_id(), limits=warehouse.limits
            ):
                warehouse.write(batch)
                last_id = batch.rows.last
                self.spool.delete_through(batch.watermark)


@pytest.fixture
def collected(tmp_path: Path) -> Iterator[Collected]:
    collected = Collected(tmp_path)
    with closing(collected.spool):
        yield collected


@pytest.mark.parametrize("days", [-400, -1, 1, 400])
def test_a_clock_that_jumps_loses_and_doubles_nothing(collected: Collected, days: int) -> None:
    """Reports before and after a jump in either direction are in the warehouse once, in order."""
    for cluster_id in ("one", "two"):
        collected.post(cluster_id)
    collected.drain()
    collected.now += days * DAY
    for cluster_id in ("three", "four"):
        collected.post(cluster_id)
    collected.drain()
    collected.drain()
    assert clusters_in(collected.data_dir) == ["four", "one", "three", "two"]


def test_a_repeat_is_known_after_the_clock_was_set_back(collected: Collected) -> None:
    """The key of a report accepted in what is now the future is still remembered."""
    assert collected.post("one", "k-1") is Added.STORED
    collected.now -= 400 * DAY
    collected.drain()
    assert collected.post("one", "k-1") is Added.REPEATED


def test_a_report_is_stamped_with_the_clock_of_its_receipt(collected: Collected) -> None:
    """The hour in the warehouse is that of the clock on receipt, whatever came before."""
    collected.post("one")
    collected.now -= 10 * DAY
    collected.post("two")
    collected.drain()
    rows = query(
        collected.data_dir, 'SELECT "clusterID", epoch("receivedAt")::BIGINT FROM r ORDER BY 1'
    )
    hour = NOW // 3_600 * 3_600
    assert rows == [("one", hour), ("two", hour - 10 * DAY)]
