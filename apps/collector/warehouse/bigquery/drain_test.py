"""Spools that are drained into one BigQuery table while requests fail: what arrives in the end."""

import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from random import Random

import pytest

from collector.drain.loop import Drain, Pace, Signal
from collector.drain.messages import Emptied, Message, Unavailable, Written
from collector.records import AcceptedReport, SpooledReport
from collector.spool.reader import SpoolReader
from collector.spool.writer import Spool
from collector.warehouse.bigquery.testing import (
    HOUR,
    IMPATIENT,
    TABLE,
    dead_letters_in,
    keys_of,
    spooled,
)
from collector.warehouse.bigquery.warehouse import open_bigquery
from tools.bigquery.faults import (
    ACCESS_REVOKED,
    QUOTA_EXCEEDED,
    SERVER_ERROR,
    UNAVAILABLE,
    EveryRow,
    Reset,
    Silence,
    in_turn,
    too_many_requests,
)
from tools.bigquery.server import running_bigquery
from tools.bigquery.service import Behaviour

SPOOL = "spool.sqlite"
FAULTS = (
    SERVER_ERROR,
    ACCESS_REVOKED,
    UNAVAILABLE,
    Reset(applied=True),
    too_many_requests(),
    QUOTA_EXCEEDED,
    Silence(applied=True),
    EveryRow(reason="stopped"),
)


class _Collector:
    """The collector's end of a drain: deletes what was written, and waits for nothing."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self.told: list[Message] = []

    def wait_for_work(self) -> Signal:
        return Signal.FINISH

    def rest(self, seconds: float) -> Signal:
        del seconds
        return Signal.FINISH

    def tell(self, message: Message) -> None:
        self.told.append(message)
        if isinstance(message, Written):
            self._spool.delete_through(message.watermark)


def _drain(data_dir: Path, url: str, reports: Sequence[SpooledReport]) -> list[Message]:
    """Spool reports and drain them into the fake at `url`; return what the drain told."""
    data_dir.mkdir(exist_ok=True)
    path = data_dir / SPOOL
    with closing(Spool(path, clock=lambda: HOUR, random_bytes=Random(1).randbytes)) as spool:
        for each in reports:
            spool.add(AcceptedReport(each.report_key, HOUR, each.encoded, None))
        spool.commit()
        collector = _Collector(spool)
        opener = partial(
            open_bigquery, TABLE, data_dir=data_dir, persistence=IMPATIENT, emulator=url
        )
        with closing(SpoolReader(path)) as source:
            Drain(
                source, opener, collector, pace=Pace(), jitter=lambda: 0.5, clock=lambda: 0.0
            ).run()
            assert source.first_unread() > source.last_id()
    return collector.told


@pytest.mark.parametrize("deduplicates", [True, False])
def test_a_spool_is_emptied_whatever_fails(tmp_path: Path, *, deduplicates: bool) -> None:
    """A drain that meets faults of every kind, also those that make it start anew, brings each
    valid report to the view once, each invalid one to the dead letters, and empties the spool.
    """
    reports = [
        spooled(number, cluster_id="poison" if number % 25 == 7 else "") for number in range(400)
    ]
    poison = [each for each in reports if b'"poison"' in each.encoded]
    behaviour = Behaviour(
        deduplicates=deduplicates,
        poison=lambda row: "it is bad" if row["clusterID"] == "poison" else None,
    )
    with running_bigquery(behaviour=behaviour, script=in_turn(FAULTS, of_ten=3)) as fake:
        told = _drain(tmp_path, fake.url, reports)
        view = Counter(str(row["reportKey"]) for row in fake.table(str(TABLE)).view())
    assert view == Counter(keys_of(reports) - keys_of(poison))
    letters = dead_letters_in(tmp_path)
    assert {each.report_key: each.reason for each in letters} == dict.fromkeys(
        keys_of(poison), "invalid: it is bad"
    )
    assert any(isinstance(message, Unavailable) for message in told)
    assert isinstance(told[-1], Emptied)


def test_three_collectors_share_a_table(tmp_path: Path) -> None:
    """Three drains fill one table, which one of them makes; a key that all have is there once."""
    shared = [spooled(number) for number in range(30)]
    batches = [
        [*shared, *(spooled(1_000 * replica + number) for number in range(50))]
        for replica in (1, 2, 3)
    ]
    with running_bigquery(behaviour=Behaviour(deduplicates=False)) as fake:
        drains = [
            threading.Thread(target=_drain, args=(tmp_path / str(replica), fake.url, reports))
            for replica, reports in enumerate(batches)
        ]
        for each in drains:
            each.start()
        for each in drains:
            each.join(60)
        table = fake.table(str(TABLE))
        view = Counter(str(row["reportKey"]) for row in table.view())
        rows = len(table.rows)
    assert view == Counter({key for reports in batches for key in keys_of(reports)})
    assert rows > len(view)
