"""A release is in the table once, whoever made it, and is never made again."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from collector.errors import WarehouseUnavailable, WarehouseUnusable
from collector.warehouse.bigquery.counting import BigQueryCensus
from collector.warehouse.bigquery.testing import TABLE, census_of
from tools.bigquery.faults import (
    INSERT,
    QUOTA_EXCEEDED,
    SERVER_ERROR,
    JobError,
    Reset,
    Silence,
    first,
    in_turn,
)
from tools.bigquery.messages import JSONObject
from tools.bigquery.server import FakeBigQuery, running_bigquery
from tools.bigquery.service import Behaviour

RELEASES = str(TABLE.releases)
NAME = "2026-10"
FIRST = '{"a": 1.50,\n "ä": "first"}\n'.encode()
SECOND = b"second"
FAULTS = (
    SERVER_ERROR,
    Reset(applied=True),
    JobError(reason="backendError"),
    Reset(),
    QUOTA_EXCEEDED,
    Silence(applied=True),
)


def _rows(fake: FakeBigQuery) -> list[JSONObject]:
    return fake.table(RELEASES).rows


def test_the_first_release_of_a_period_stays(tmp_path: Path) -> None:
    """Byte by byte, and whoever comes later is given that one, at no cost."""
    with running_bigquery() as fake, census_of(fake, tmp_path) as census:
        assert census.releases() == {}
        assert census.add_release(NAME, FIRST) == FIRST
        assert census.add_release(NAME, SECOND) == FIRST
        assert census.releases() == {NAME: FIRST}
        assert fake.count(INSERT) == 1
        assert census.bytes_billed == 0


def test_a_new_replica_is_given_all_releases(tmp_path: Path) -> None:
    """They are the ledger of what was spent, so none may be left out, however many there are."""
    names = [f"2026-{month:02}" for month in range(1, 13)]
    with running_bigquery(behaviour=Behaviour(page_rows=5)) as fake:
        with census_of(fake, tmp_path / "old") as census:
            for name in names:
                census.add_release(name, name.encode())
        with census_of(fake, tmp_path / "new") as census:
            assert census.releases() == {name: name.encode() for name in names}


def _until_kept(census: BigQueryCensus, name: str, release: bytes) -> bytes:
    for _ in range(20):
        try:
            return census.add_release(name, release)
        except WarehouseUnavailable:
            continue
    raise AssertionError(f"{name} is never kept")


def _publish(fake: FakeBigQuery, data_dir: Path, names: list[str], barrier: Barrier) -> list[bytes]:
    """Keep a release of each name that nobody else could have made."""
    kept = []
    with census_of(fake, data_dir) as census:
        for name in names:
            barrier.wait(60)
            kept.append(_until_kept(census, name, f"{data_dir.name} {name}".encode()))
    return kept


def test_two_replicas_keep_one_release(tmp_path: Path) -> None:
    """Both publish what one of them made, whichever that is, though requests and jobs fail."""
    names = [f"2026-W{week}" for week in range(10, 30)]
    barrier = Barrier(2)
    script = in_turn(FAULTS, of_ten=3)
    with running_bigquery(script=script) as fake, ThreadPoolExecutor() as replicas:
        one, two = (
            replicas.submit(_publish, fake, tmp_path / name, names, barrier)
            for name in ("one", "two")
        )
        kept = one.result()
        assert kept == two.result()
        rows = _rows(fake)
    assert Counter(str(row["name"]) for row in rows) == Counter(names)
    assert {str(row["release"]).encode() for row in rows} == {*kept}
    assert {each.partition(b" ")[0] for each in kept} == {b"one", b"two"}


def test_an_attempt_that_failed_leaves_its_name_to_the_next(tmp_path: Path) -> None:
    """A job keeps its ID forever, so each attempt has one of its own."""
    with running_bigquery() as fake, census_of(fake, tmp_path) as census:
        fake.script = first(1, JobError(reason="backendError"))
        with pytest.raises(WarehouseUnavailable, match=f"{RELEASES}: a load job failed"):
            census.add_release(NAME, FIRST)
        assert census.releases() == {}
        assert census.add_release(NAME, SECOND) == SECOND
        first_id, second_id = fake.service.jobs
        assert first_id.endswith(f"-{NAME}-1")
        assert second_id == first_id.removesuffix("1") + "2"


def test_a_release_whose_answer_was_lost_is_the_one(tmp_path: Path) -> None:
    """A collector that did not hear that its release was kept makes no other."""
    with running_bigquery() as fake, census_of(fake, tmp_path) as census:
        fake.script = first(1, Reset(applied=True))
        with pytest.raises(WarehouseUnavailable):
            census.add_release(NAME, FIRST)
        assert census.add_release(NAME, SECOND) == FIRST
        assert len(_rows(fake)) == 1


def test_a_release_that_was_deleted_is_not_made_again(tmp_path: Path) -> None:
    """Its noise would be drawn anew: the error says what to do."""
    with running_bigquery() as fake, census_of(fake, tmp_path) as census:
        census.add_release(NAME, FIRST)
        _rows(fake).clear()
        with pytest.raises(WarehouseUnavailable, match=f"{NAME} was there .* so restore its row"):
            census.add_release(NAME, SECOND)
        assert _rows(fake) == []


def test_two_releases_of_a_period_are_an_error(tmp_path: Path) -> None:
    """What somebody put into the table by hand is not chosen from; the same twice does no harm."""
    with running_bigquery() as fake, census_of(fake, tmp_path) as census:
        census.add_release(NAME, FIRST)
        _rows(fake).append({"name": NAME, "release": FIRST.decode()})
        assert census.releases() == {NAME: FIRST}
        _rows(fake).append({"name": NAME, "release": "other"})
        with pytest.raises(WarehouseUnavailable, match=f"{RELEASES}: it has two releases {NAME};"):
            census.releases()


def test_a_table_that_was_deleted_is_not_made_again(tmp_path: Path) -> None:
    """With it went what was spent of the budget."""
    with running_bigquery() as fake:
        with census_of(fake, tmp_path) as census:
            census.add_release(NAME, FIRST)
        del fake.service.tables[RELEASES]
        with (
            census_of(fake, tmp_path) as census,
            pytest.raises(
                WarehouseUnavailable, match=f"{RELEASES}: it was deleted, .*; restore it w"
            ),
        ):
            census.releases()


def test_another_table_of_that_name_is_left_alone(tmp_path: Path) -> None:
    """A table with other columns is somebody else's."""
    with running_bigquery() as fake:
        fake.service.add(RELEASES, {"schema": {"fields": [{"name": "name", "type": "STRING"}]}})
        with (
            census_of(fake, tmp_path) as census,
            pytest.raises(WarehouseUnusable, match=f"{RELEASES} is for releases, and has other"),
        ):
            census.releases()
