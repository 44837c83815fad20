"""What the collector counts, for Prometheus.

Everything is kept in memory and costs a microsecond or less where it is counted; what can be read
when somebody asks (the backlog, dead letters) is read then. No label tells one client from another.
"""

import re
from collections.abc import Callable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector

from collector.api.problems import STATUS_OF
from collector.spool.backlog import Backlog

_REPORTS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)
_COMMIT_SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1)
_DRAIN_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
# Answers of the server itself, to what never becomes a request for the application.
_SERVER_STATUSES: Final = (400, 408, 413, 431, 501, 503)


class Metrics:
    """The metrics of one collector."""

    def __init__(self, *, version: str) -> None:
        self.registry: Final = CollectorRegistry()
        self._accepted: Final = self._counter(
            "reports_accepted", "New reports that were stored and acknowledged."
        )
        self._repeated: Final = self._counter(
            "reports_repeated", "Posts of a report that had been accepted before."
        )
        self._refused: Final = self._counter(
            "posts_refused", "Posts that were refused, and requests cut off.", "reason"
        )
        self._committed: Final = self._histogram(
            "commit_reports", "Reports in one commit to the spool.", _REPORTS
        )
        self._commit_seconds: Final = self._histogram(
            "commit_seconds", "Duration of one commit to the spool.", _COMMIT_SECONDS
        )
        self._commits_failed: Final = self._counter(
            "commits_failed", "Commits to the spool that failed: all in them was answered 503."
        )
        self._drained: Final = self._histogram(
            "drain_batch_reports", "Reports in one batch to the database.", _REPORTS
        )
        self._drain_seconds: Final = self._histogram(
            "drain_batch_seconds", "Duration of writing one batch.", _DRAIN_SECONDS
        )
        self._drain_failures: Final = self._counter(
            "drain_failures", "Failures of the database, or of the process that feeds it."
        )
        self._stalled: Final = Gauge(
            "spartakus_drain_stalled",
            "1 while reports are due and none is written.",
            registry=self.registry,
        )
        Info("spartakus_collector", "Which collector this is.", registry=self.registry).info(
            {"version": version}
        )
        ProcessCollector(registry=self.registry)
        self._reason_of: Final = {kind: _snake_case(kind) for kind in STATUS_OF}
        for reason in (*self._reason_of.values(), *map(_server_reason, _SERVER_STATUSES)):
            self._refused.labels(reason)  # so that each is there, as 0, before it happens

    def watch(self, backlog: Callable[[], Backlog], dead_letters: Callable[[], int]) -> None:
        """Take the backlog and the number of dead letters from these, whenever somebody asks."""
        self._gauge(
            "spool_reports", "Reports that wait for the database.", lambda: backlog().reports
        )
        self._gauge(
            "spool_bytes", "Bytes that they take in the spool.", lambda: backlog().size_bytes
        )
        self._gauge(
            "spool_oldest_seconds",
            "How long the oldest of them has waited.",
            lambda: backlog().oldest_seconds,
        )
        self._gauge(
            "dead_letters", "Reports that the database will never take, kept apart.", dead_letters
        )

    def committed(self, reports: int, *, seconds: float) -> None:
        """Count a commit of so many new reports, one or more."""
        self._accepted.inc(reports)
        self._committed.observe(reports)
        self._commit_seconds.observe(seconds)

    def commit_failed(self) -> None:
        """Count a commit that failed."""
        self._commits_failed.inc()

    def repeated(self) -> None:
        """Count a repeat of an accepted report."""
        self._repeated.inc()

    def refused(self, error: Exception) -> None:
        """Count a post that was refused for `error`."""
        reasons = (self._reason_of.get(kind) for kind in type(error).__mro__)
        reason = next(each for each in (*reasons, "other") if each is not None)
        self._refused.labels(reason).inc()

    def refused_by_server(self, status: int) -> None:
        """Count a request that the server answered itself, with an HTTP status."""
        self._refused.labels(_server_reason(status)).inc()

    def drained(self, reports: int, *, seconds: float) -> None:
        """Count a batch that the database took."""
        self._drained.observe(reports)
        self._drain_seconds.observe(seconds)

    def drain_stalled(self, *, is_stalled: bool) -> None:
        """Note whether reports are due and none is written."""
        self._stalled.set(is_stalled)

    def drain_failed(self) -> None:
        """Count a failure of the database, or of the process that feeds it."""
        self._drain_failures.inc()

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"spartakus_{name}", text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(f"spartakus_{name}", text, buckets=buckets, registry=self.registry)

    def _gauge(self, name: str, text: str, read: Callable[[], float]) -> None:
        Gauge(f"spartakus_{name}", text, registry=self.registry).set_function(read)


def _snake_case(kind: type[Exception]) -> str:
    """Return the reason as a label: `body_too_large`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


def _server_reason(status: int) -> str:
    return f"http_{status}"
