"""Clients that post one report after the other, and record the responses."""

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from collector.records import DAY_SECONDS, Batch, SpooledReport
from collector.testing import DEADLINE_SECONDS, RunningCollector, report_of
from collector.warehouse.parquet.testing import open_folder

DAY: Final = 20_000
"""A day that is over, as a count of days since 1970."""

FORTY: Final = sorted(f"c-{number}" for number in range(40))
"""The clusters of `fill_day`."""

_HEADERS: Final = {"Content-Type": "application/json"}


class Load:
    """What clients posted, as cluster IDs, each used once."""

    def __init__(self) -> None:
        self.attempted: Final[set[str]] = set()
        self.accepted: Final[list[str]] = []
        self.refused: Final[list[int]] = []
        """Statuses other than 204."""
        self._clients = 0

    @contextmanager
    def on(self, collector: RunningCollector, *, clients: int = 4) -> Iterator[None]:
        """Let clients post during the `with` block, or until the collector is gone."""
        stopping = threading.Event()
        threads = []
        for _ in range(clients):
            self._clients += 1
            arguments = (collector.port(), f"client-{self._clients}", stopping)
            threads.append(threading.Thread(target=self._post, args=arguments, daemon=True))
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stopping.set()
            for thread in threads:
                thread.join(DEADLINE_SECONDS)

    def _post(self, port: int, name: str, stopping: threading.Event) -> None:
        number = 0
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_SECONDS)
        with closing(connection):
            while not stopping.is_set():
                number += 1
                try:
                    self._post_one(connection, f"{name}-{number}")
                except (OSError, http.client.HTTPException):
                    return

    def _post_one(self, connection: http.client.HTTPConnection, cluster_id: str) -> None:
        self.attempted.add(cluster_id)
        body = json.dumps(report_of(cluster_id)).encode()
        connection.request("POST", "/api/v1", body, _HEADERS)
        response = connection.getresponse()
        response.read()
        if response.status == http.HTTPStatus.NO_CONTENT:
            self.accepted.append(cluster_id)
        else:
            self.refused.append(response.status)

    def has_accepted(self, count: int) -> bool:
        """Return whether so many posts were answered 204."""
        return len(self.accepted) >= count

    def check(self, kept: list[str]) -> None:
        """Check that every accepted report is kept exactly once, and nothing that nobody sent."""
        assert len(kept) == len(set(kept)), "a report is kept twice"
        assert set(self.accepted) <= set(kept), "an accepted report is lost"
        assert set(kept) <= self.attempted, "a report is kept that nobody sent"


def fill_day(data_dir: Path) -> None:
    """Leave a day of four files with ten reports each."""
    data_dir.mkdir()
    with closing(open_folder(data_dir)) as warehouse:
        for first in range(0, 40, 10):
            rows = tuple(
                SpooledReport(
                    number + 1,
                    f"{number:032x}",
                    DAY * DAY_SECONDS,
                    b'{"version":"v1","timestamp":"0","clusterID":"c-%d"}' % number,
                )
                for number in range(first, first + 10)
            )
            warehouse.write(Batch("s", rows))
