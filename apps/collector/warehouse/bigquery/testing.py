"""For tests: a table, and a warehouse and a count of it that give up soon."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from collector.warehouse.bigquery import BigQueryTable
from collector.warehouse.bigquery.counting import BigQueryCensus, open_census
from collector.warehouse.bigquery.schema import new_table
from collector.warehouse.bigquery.service import Deadlines
from collector.warehouse.bigquery.warehouse import BigQueryWarehouse, open_bigquery
from tools.bigquery.messages import JSONObject
from tools.bigquery.server import FakeBigQuery

TABLE: Final = BigQueryTable("project", "dataset", "reports")
TABLE_ID: Final = str(TABLE)

SHORT: Final = Deadlines(call=0.5, upload=0.5, query=1.0, job=1.0, poll=0.01)
"""Gives up within a second."""


def _text(name: str, mode: str = "NULLABLE") -> JSONObject:
    return {"name": name, "type": "STRING", "mode": mode}


def _list(name: str, *fields: JSONObject) -> JSONObject:
    return {"name": name, "type": "RECORD", "mode": "REPEATED", "fields": [*fields]}


ORIGINAL_COLUMNS: Final = (
    _text("version", "REQUIRED"),
    _text("timestamp", "REQUIRED"),
    _text("clusterID", "REQUIRED"),
    _text("masterVersion"),
    _list(
        "nodes",
        _text("id", "REQUIRED"),
        _text("operatingSystem"),
        _text("osImage"),
        _text("kernelVersion"),
        _text("architecture"),
        _text("containerRuntimeVersion"),
        _text("kubeletVersion"),
        _text("cloudProvider"),
        _list("capacity", _text("resource", "REQUIRED"), _text("value", "REQUIRED")),
    ),
    _list("extensions", _text("name", "REQUIRED"), _text("value", "REQUIRED")),
)
"""The columns of the original's table, as the REST interface has them."""


def keys_in(rows: Iterable[Mapping[str, object]]) -> Counter[str]:
    """Return the keys of the reports in rows of a table, each as often as it is there."""
    return Counter(str(row["reportKey"]) for row in rows)


@contextmanager
def opened(
    url: str, data_dir: Path, *, deadlines: Deadlines = SHORT
) -> Iterator[BigQueryWarehouse]:
    """Open `TABLE` of the fake at `url`."""
    with closing(
        open_bigquery(TABLE, data_dir=data_dir, emulator=url, deadlines=deadlines)
    ) as warehouse:
        yield warehouse


@contextmanager
def census_of(fake: FakeBigQuery, data_dir: Path) -> Iterator[BigQueryCensus]:
    """Open the table of the fake, which is made, to count what is in it."""
    data_dir.mkdir(exist_ok=True)
    if TABLE_ID not in fake.service.tables:
        fake.service.add(TABLE_ID, new_table(TABLE_ID).to_api_repr())
    census = open_census(TABLE, data_dir=data_dir, emulator=fake.url, deadlines=SHORT)
    with closing(census):
        yield census
