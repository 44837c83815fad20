"""Where a fleet's reports go: into a folder of reports, or over HTTP to a collector."""

import http.client
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import report
from collector.disk.data_directory import DataDirectory
from collector.records import SpooledReport, batches_of
from collector.settings import REPORTS_FOLDER
from collector.warehouse.parquet.warehouse import open_parquet
from report import Report

_CONNECTIONS: Final = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
_SECONDS: Final = 30
_PATH: Final = "/api/v1"
_HEADERS: Final = {"Content-Type": "application/json"}


class NotKept(Exception):
    """A report did not get where it should; the message says what helps."""


def has_reports(data_dir: Path) -> bool:
    """Whether a data directory holds reports."""
    return any((data_dir / REPORTS_FOLDER).glob("*/*.parquet"))


def write(data_dir: Path, spool_id: str, reports: Iterable[SpooledReport]) -> int:
    """Write reports into a data directory as its collector would have, and return how many.

    Raises `NotKept` where there are reports already, and what the collector raises for a folder
    that it cannot use, or that another collector runs on.
    """
    count = 0
    with (
        DataDirectory(data_dir) as directory,
        closing(open_parquet(data_dir / REPORTS_FOLDER, data_dir=directory.path)) as warehouse,
    ):
        if has_reports(data_dir):
            raise NotKept(f"there are reports in {data_dir} already; name an empty --data-dir")
        for batch in batches_of(reports, spool_id=spool_id, limits=warehouse.limits):
            warehouse.write(batch)
            count += len(batch.reports)
    return count


def post(url: str, reports: Iterable[Report]) -> int:
    """Post reports to a collector, one after the other, and return how many. Raises `NotKept`."""
    count = 0
    with _connected(url) as connection:
        for each in reports:
            _post_one(connection, report.encode(each))
            count += 1
    return count


@contextmanager
def _connected(url: str) -> Iterator[http.client.HTTPConnection]:
    parts = urlsplit(url)
    if parts.scheme not in _CONNECTIONS or parts.hostname is None or parts.path.strip("/"):
        raise NotKept(f"--collector is http://HOST:PORT or https://HOST:PORT, not {url}")
    connection = _CONNECTIONS[parts.scheme](parts.hostname, parts.port, timeout=_SECONDS)
    try:
        yield connection
    except (OSError, http.client.HTTPException) as error:
        raise NotKept(f"the collector at {url} cannot be reached: {error}") from error
    finally:
        connection.close()


def _post_one(connection: http.client.HTTPConnection, body: bytes) -> None:
    connection.request("POST", _PATH, body, _HEADERS)
    response = connection.getresponse()
    problem = response.read()
    if response.status != http.HTTPStatus.NO_CONTENT:
        raise NotKept(f"the collector answered {response.status}: {problem.decode()}")
