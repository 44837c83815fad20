"""Another collector as a warehouse: each report is posted to it, at least once.

The report's key goes along as its Idempotency-Key, so that the other collector knows a repeat.
A post is made once: the drain alone waits, as long as a Retry-After asks for, and tries again.
Reports go straight there: the proxies that an environment may name are not used.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from typing import Final

import urllib3

from collector.errors import WarehouseUnavailable
from collector.records import Batch, BatchLimits, SpooledReport
from collector.warehouse import Forgotten, Warehouse
from collector.warehouse.dead_letters import DEAD_LETTERS_FILE, DeadLetters
from collector.warehouse.relay import OtherCollector
from release import VERSION

CONNECTIONS: Final = 8
"""Kept open, and in use at the same time, so that the way there and back is not waited for."""

CALL_SECONDS: Final = 30.0
"""For one post: to connect, and between two pieces of the answer."""

LONGEST_RETRY_AFTER_SECONDS: Final = 600
"""What a longer Retry-After is cut to."""

_CLIENT_ERRORS: Final = range(400, 500)
_PASSING: Final = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS, *range(500, 600)}
)
# These say that the address is wrong or somebody stands before it. No report is to blame.
_ABOUT_ADDRESS: Final = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.METHOD_NOT_ALLOWED,
        HTTPStatus.PROXY_AUTHENTICATION_REQUIRED,
        HTTPStatus.MISDIRECTED_REQUEST,
        HTTPStatus.UPGRADE_REQUIRED,
    }
)
_MOST_REASON_BYTES: Final = 512
# Without retries of its own, urllib3 still reads Retry-After: seconds, or a date.
_NO_RETRIES: Final = urllib3.Retry(total=False, retry_after_max=LONGEST_RETRY_AFTER_SECONDS)


class RelayWarehouse(Warehouse):
    """A collector that reports are passed on to."""

    limits = BatchLimits(max_reports=1_000, max_bytes=4 * 1024 * 1024)

    def __init__(
        self,
        address: OtherCollector,
        *,
        dead_letters: DeadLetters,
        connections: int = CONNECTIONS,
        call_seconds: float = CALL_SECONDS,
    ) -> None:
        """`close` closes `dead_letters`."""
        self._url: Final = address.url
        self._dead_letters: Final = dead_letters
        self._pool: Final = urllib3.PoolManager(
            maxsize=connections, retries=_NO_RETRIES, timeout=urllib3.Timeout(call_seconds)
        )
        self._workers: Final = ThreadPoolExecutor(connections, "relay")

    def write(self, batch: Batch) -> None:
        """Post the batch. On return each report was accepted there, or is a dead letter.

        Raises `WarehouseUnavailable`, which says how many of the first reports that holds for.
        """
        refused: list[tuple[SpooledReport, str]] = []
        written = 0
        try:
            for reason in self._post_all(batch.reports):
                if reason is not None:
                    refused.append((batch.reports[written], reason))
                written += 1
        except WarehouseUnavailable as error:
            error.written = written
            raise
        finally:
            if refused:
                self._dead_letters.add(refused)

    def forget(self, cluster_id: str) -> Forgotten:
        """Say who has the cluster's reports: nothing of them is here."""
        del cluster_id
        return Forgotten(0, "What was passed on, the other collector has: forget it there too.")

    def close(self) -> None:
        """Close connections and files."""
        self._workers.shutdown(cancel_futures=True)
        self._pool.clear()
        self._dead_letters.close()

    def _post_all(self, reports: tuple[SpooledReport, ...]) -> Iterator[str | None]:
        """Return for each report why it was refused for good, None where it was accepted."""
        # The first goes alone: where there is room for one post only, it is not taken by a later
        # one, and each attempt at a batch gets ahead.
        first, *rest = reports
        yield self._post(first)
        yield from self._workers.map(self._post, rest)

    def _post(self, spooled: SpooledReport) -> str | None:
        try:
            response = self._pool.request(
                "POST",
                self._url,
                body=spooled.encoded,
                headers={
                    "Content-Type": "application/json",
                    "Idempotency-Key": spooled.report_key,
                    "User-Agent": f"spartakus-collector/{VERSION}",
                },
                redirect=False,
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise WarehouseUnavailable(
                f"the collector {self._url} cannot be reached ({type(error).__name__})"
            ) from error
        return self._refusal(response)

    def _refusal(self, response: urllib3.BaseHTTPResponse) -> str | None:
        status = response.status
        if status == HTTPStatus.NO_CONTENT:
            return None
        if status in _PASSING:
            raise WarehouseUnavailable(
                f"the collector {self._url} takes no reports now (HTTP {status})",
                _retry_after(response),
            )
        if status not in _CLIENT_ERRORS or status in _ABOUT_ADDRESS:
            raise WarehouseUnavailable(
                f"{self._url} does not answer as a collector does (HTTP {status}); "
                "check the address given with --database"
            )
        words = response.data[:_MOST_REASON_BYTES].decode(errors="replace")
        return f"HTTP {status}: {words}"


def open_relay(address: OtherCollector, *, data_dir: Path) -> RelayWarehouse:
    """Open the way to another collector, for a collector with that data directory.

    Connects only to post. Raises `FileUnusable`.
    """
    dead_letters = DeadLetters(data_dir / DEAD_LETTERS_FILE, clock=time.time)
    return RelayWarehouse(address, dead_letters=dead_letters)


def _retry_after(response: urllib3.BaseHTTPResponse) -> float | None:
    """Return in how many seconds to try again, None where the answer does not say."""
    try:
        return _NO_RETRIES.get_retry_after(response)
    except urllib3.exceptions.InvalidHeader:
        return None
