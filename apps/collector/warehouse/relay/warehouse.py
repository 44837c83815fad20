"""Another collector as a warehouse: each report is posted to it, at least once.

The report's key goes along as its Idempotency-Key, so that the other collector knows a repeat.
Reports go straight there: the proxies that an environment may name are not used.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final, TypeAlias

import urllib3

from collector.errors import WarehouseUnavailable
from collector.records import Batch, SpooledReport
from collector.warehouse import BatchLimits, Forgotten, Warehouse
from collector.warehouse.dead_letters import DEAD_LETTERS_FILE, DeadLetters
from collector.warehouse.relay import OtherCollector
from release import VERSION

_SERVER_ERRORS: Final = range(500, 600)
_CLIENT_ERRORS: Final = range(400, 500)
_TRIED_AGAIN: Final = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS, *_SERVER_ERRORS}
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


@dataclass(frozen=True)
class Manners:
    """How reports are posted."""

    connections: int = 8
    """Kept open, and in use at the same time, so that the way there and back is not waited for."""

    call_seconds: float = 30.0
    """For one attempt: to connect, and between two pieces of the answer."""

    repeats: int = 6
    """Attempts after the first where an answer says that one may help."""

    backoff_seconds: float = 0.5
    """The pause before the second repeat; it doubles, and up to as much is added by chance."""

    longest_pause_seconds: int = 10
    """Where the doubling ends, and the longest Retry-After that is waited for."""


@dataclass(frozen=True)
class Delivered:
    """The other collector has the report."""


@dataclass(frozen=True)
class Refused:
    """The other collector will never take the report."""

    reason: str


Outcome: TypeAlias = Delivered | Refused


class RelayWarehouse(Warehouse):
    """A collector that reports are passed on to."""

    limits = BatchLimits(max_reports=1_000, max_bytes=4 * 1024 * 1024)

    def __init__(
        self, address: OtherCollector, *, dead_letters: DeadLetters, manners: Manners
    ) -> None:
        """`close` closes `dead_letters`."""
        self._url: Final = address.url
        self._dead_letters: Final = dead_letters
        self._pool: Final = urllib3.PoolManager(
            maxsize=manners.connections,
            retries=_retries(manners),
            timeout=urllib3.Timeout(manners.call_seconds),
        )
        self._workers: Final = ThreadPoolExecutor(manners.connections, "relay")

    def write(self, batch: Batch) -> None:
        """Post the batch. On return each report was accepted there, or is a dead letter."""
        self._dead_letters.expire()
        refused = list(self._refused(batch))
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

    def _refused(self, batch: Batch) -> Iterator[tuple[SpooledReport, str]]:
        outcomes = self._workers.map(self._post, batch.reports)
        for spooled, outcome in zip(batch.reports, outcomes, strict=True):
            if isinstance(outcome, Refused):
                yield spooled, outcome.reason

    def _post(self, spooled: SpooledReport) -> Outcome:
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
                f"the collector {self._url} cannot be reached ({_name(error)})"
            ) from error
        return self._judge(response)

    def _judge(self, response: urllib3.BaseHTTPResponse) -> Outcome:
        status = response.status
        if status == HTTPStatus.NO_CONTENT:
            return Delivered()
        if status in _TRIED_AGAIN:
            raise WarehouseUnavailable(
                f"the collector {self._url} takes no reports now (HTTP {status})"
            )
        if status not in _CLIENT_ERRORS or status in _ABOUT_ADDRESS:
            raise WarehouseUnavailable(
                f"{self._url} does not answer as a collector does (HTTP {status}); "
                "check the address given with --database"
            )
        words = response.data[:_MOST_REASON_BYTES].decode(errors="replace")
        return Refused(f"HTTP {status}: {words}")


def open_relay(address: OtherCollector, *, data_dir: Path) -> RelayWarehouse:
    """Open the way to another collector, for a collector with that data directory.

    Connects only to post. Raises `FileUnusable`.
    """
    dead_letters = DeadLetters(data_dir / DEAD_LETTERS_FILE, clock=time.time)
    return RelayWarehouse(address, dead_letters=dead_letters, manners=Manners())


def _retries(manners: Manners) -> urllib3.Retry:
    """The key makes a repeat safe, so a POST is repeated like anything else."""
    return urllib3.Retry(
        total=manners.repeats,
        allowed_methods=None,
        status_forcelist=_TRIED_AGAIN,
        raise_on_status=False,
        backoff_factor=manners.backoff_seconds,
        backoff_jitter=manners.backoff_seconds,
        backoff_max=manners.longest_pause_seconds,
        retry_after_max=manners.longest_pause_seconds,
    )


def _name(error: Exception) -> str:
    reason = error.reason if isinstance(error, urllib3.exceptions.MaxRetryError) else None
    return type(reason or error).__name__
