"""Behaviour of what a running collector is asked."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

import pytest

from collector.control.messages import Export, Exported, Forget, HasForgotten
from collector.control.requests import Requests, Waiting
from collector.errors import CommandFailed, WarehouseUnavailable
from collector.records import AcceptedReport, Batch, SpooledReport
from collector.shared_database import SharedDatabase
from collector.spool.writer import Spool
from collector.testing import DEADLINE_SECONDS, wait_until
from collector.warehouse import Warehouse
from collector.warehouse.abilities import Forgotten, Format
from collector.warehouse.duckdb import DuckDBDatabase
from collector.warehouse.stdout import StdoutDatabase

ENCODED = b'{"version":"v2","timestamp":"0","clusterID":"%s"}'


class Desk:
    """Requests to a database, beside a spool, with a clock that sleeping moves."""

    def __init__(self, directory: Path, open_database: Callable[[], Warehouse]) -> None:
        self.now = 0.0
        self.while_waiting: Callable[[], None] = lambda: None
        self.spool = Spool(directory / "spool", clock=lambda: self.now, random_bytes=os.urandom)
        self.shared = SharedDatabase(open_database)
        self.database = self.shared.open()
        self.requests = Requests(
            self.shared,
            spool=directory / "spool",
            waiting=Waiting(clock=lambda: self.now, sleep=self._sleep),
        )

    def _sleep(self, seconds: float) -> None:
        self.now += seconds
        self.while_waiting()

    def accept(self, cluster_id: bytes) -> None:
        """Put a report into the spool."""
        self.spool.add(AcceptedReport(os.urandom(16).hex(), 0, ENCODED % cluster_id, None))
        self.spool.commit()

    def drain(self) -> None:
        """Move one report of the cluster `gone` to the database."""
        report = SpooledReport(1, os.urandom(16).hex(), 0, ENCODED % b"gone")
        batch = Batch(self.spool.spool_id, (report,))
        self.database.write(batch)
        self.spool.delete_through(batch.watermark)
        self.while_waiting = lambda: None

    def close(self) -> None:
        """Close the files."""
        with ExitStack() as closings:
            closings.callback(self.spool.close)
            closings.callback(self.database.close)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with closing(Desk(tmp_path, partial(DuckDBDatabase, tmp_path / "duckdb"))) as desk:
        yield desk


def test_an_export_passes_the_reports_on(desk: Desk) -> None:
    """The data is the reports, and the answer says how many."""
    desk.accept(b"gone")
    desk.drain()
    data: list[bytes] = []
    assert desk.requests.answer(Export(Format.JSONL), data.append) == Exported(1)
    assert b'"clusterID":"gone"' in b"".join(data)


def test_forgetting_waits_for_what_is_in_the_spool(desk: Desk) -> None:
    """A report that reaches the database after the request was made is forgotten too."""
    desk.accept(b"gone")
    desk.while_waiting = desk.drain
    assert desk.requests.answer(Forget("gone"), _take_nothing) == HasForgotten(Forgotten(1))
    assert desk.requests.answer(Export(Format.JSONL), _take_nothing) == Exported(0)


def test_forgetting_fails_while_the_database_takes_nothing(desk: Desk) -> None:
    """After a minute the request is refused, instead of being done in part."""
    desk.accept(b"gone")
    with pytest.raises(WarehouseUnavailable, match="reports wait for the database"):
        desk.requests.answer(Forget("gone"), _take_nothing)
    assert 60 < desk.now < 62


def test_an_export_ends_when_the_database_is_to_be_closed(desk: Desk) -> None:
    """The writer, which has to open the file anew, does not wait for all of it."""
    desk.accept(b"gone")
    desk.drain()
    closer = threading.Thread(target=desk.database.close)

    def write_slowly(data: bytes) -> None:
        del data
        closer.start()
        wait_until(lambda: desk.shared.is_recalled)

    desk.drain()
    with pytest.raises(WarehouseUnavailable, match="closed meanwhile"):
        desk.requests.answer(Export(Format.JSONL), write_slowly)
    closer.join(DEADLINE_SECONDS)
    assert not closer.is_alive()


@pytest.mark.parametrize(
    ("request_", "message"),
    [(Export(Format.PARQUET), "only a DuckDB database"), (Forget("x"), "out of the collector's")],
)
def test_a_database_that_cannot_is_said_so(
    tmp_path: Path, request_: Export | Forget, message: str
) -> None:
    """What was printed can neither be exported nor forgotten."""
    with (
        closing(Desk(tmp_path, partial(StdoutDatabase, 1))) as desk,
        pytest.raises(CommandFailed, match=message),
    ):
        desk.requests.answer(request_, _take_nothing)


def _take_nothing(data: bytes) -> None:
    del data
