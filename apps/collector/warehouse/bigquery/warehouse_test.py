"""BigQuery as a database, with Google's own client against a fake that answers as BigQuery does."""

from collections import Counter
from pathlib import Path

from collector.records import SpooledReport
from collector.warehouse.bigquery.testing import (
    TABLE_ID,
    batch_of,
    dead_letters_in,
    keys_in,
    keys_of,
    open_database,
    some_reports,
)
from collector.warehouse.dead_letters import DEAD_LETTERS_FILE
from tools.bigquery.server import running_bigquery
from tools.bigquery.service import Behaviour


def test_reports_become_rows_once(tmp_path: Path) -> None:
    """Each report of a batch is a row, under its key, in requests of 500 rows at most."""
    reports = some_reports(1_100)
    with running_bigquery() as fake, open_database(fake.url, tmp_path) as database:
        database.write(batch_of(reports))
        assert keys_in(fake.table(TABLE_ID).rows) == Counter(keys_of(reports))
        assert fake.count("insertAll") == 3
        row = fake.table(TABLE_ID).rows[0]
    assert row["receivedAt"] == "2026-11-23T07:00:00Z"
    assert row["nodes"] == [{"id": "0" * 32, "capacity": [{"resource": "cpu", "value": "4"}]}]


def test_the_largest_report_fits_a_request(tmp_path: Path) -> None:
    """A report of 8 MiB, in a script that escaping would double, is inserted."""
    largest = SpooledReport(
        1,
        "1" * 32,
        0,
        '{{"version":"v","timestamp":"0","clusterID":"c","masterVersion":"{}"}}'.format(
            "中" * ((8 * 1024 * 1024 - 100) // 3)
        ).encode(),
    )
    with running_bigquery() as fake, open_database(fake.url, tmp_path) as database:
        database.write(batch_of([largest]))
        assert keys_in(fake.table(TABLE_ID).rows) == Counter(["1" * 32])


def test_no_row_is_left_by_probing(tmp_path: Path) -> None:
    """Neither opening a table nor asking whether it takes rows at all puts a row into it."""
    behaviour = Behaviour(refuses_request=lambda row: "spartakusProbe" not in row)
    with running_bigquery(behaviour=behaviour) as fake:
        fake.service.add(TABLE_ID, {})
        with open_database(fake.url, tmp_path) as database:
            database.write(batch_of(some_reports(1)))
        assert fake.table(TABLE_ID).rows == []
    assert len(dead_letters_in(tmp_path)) == 1


def test_the_file_of_dead_letters_is_in_the_data_directory(tmp_path: Path) -> None:
    """What a collector keeps for BigQuery is in its data directory: two files."""
    with running_bigquery() as fake, open_database(fake.url, tmp_path):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "bigquery-tables",
        DEAD_LETTERS_FILE,
    ]
