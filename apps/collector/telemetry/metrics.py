"""What the collector counts, for Prometheus.

Everything is kept in memory and costs a microsecond or less where it is counted; what can be read
at a scrape (the backlog, dead letters, the disk) is read then. No label distinguishes one client
from another.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
)

from collector.spool.backlog import Backlog

_REPORTS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)
_COMMIT_SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1)
_POST_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
_DRAIN_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_NO_PROCESS: Final = -1

_HELP: Final[Mapping[str, str]] = {
    "reports_accepted": "New reports that were stored and acknowledged.",
    "reports_repeated": "Posts of a report that had been accepted before.",
    "posts_refused": "Posts that were refused, and requests cut off.",
    "responses": "Responses to requests of every kind, by HTTP status.",
    "post_seconds": "From a post that has arrived to its response.",
    "connections": "Connections that are open.",
    "connections_evicted": "Connections that were closed to make room for another.",
    "commit_reports": "Reports in one commit to the spool.",
    "commit_seconds": "Duration of one commit to the spool.",
    "commits_failed": "Commits to the spool that failed: all in them was answered 503.",
    "spool_reports": "Reports that wait for the warehouse.",
    "spool_bytes": "Bytes that they take in the spool.",
    "spool_limit_bytes": "Bytes that they may take.",
    "spool_oldest_seconds": "How long the oldest of them has waited.",
    "drain_batch_reports": "Reports in one batch to the warehouse.",
    "drain_batch_seconds": "Duration of writing one batch.",
    "last_written_timestamp_seconds": "When the warehouse took a batch last; 0 for never.",
    "drain_failures": "Failures of the warehouse, or of the process that feeds it.",
    "drain_restarts": "Starts of the process that feeds the warehouse, after the first.",
    "drain_stalled": "1 while reports are due and none is written.",
    "release_failures": "Times that no release could be made.",
    "release_seconds": "How long the latest release took to make.",
    "release_bytes_billed": "Bytes that BigQuery billed for counting.",
    "released_through_timestamp_seconds": "The last day of the latest release; 0 for none.",
    "release_due_timestamp_seconds": "When the next release is due; 0 where nothing is published.",
    "dead_letters": "Reports that the warehouse will never take, kept apart.",
    "stored_bytes": "Bytes of all files in the data directory, measured once a minute.",
    "free_bytes": "Bytes that are free on the disk of the data directory.",
    "serving_since_timestamp_seconds": "Since when requests are served; 0 for not yet.",
}
"""Every metric of ours, without the prefix."""


@dataclass(frozen=True, kw_only=True)
class Sources:
    """What is read whenever somebody asks. Each may be called from any thread."""

    backlog: Callable[[], Backlog]
    spool_limit_bytes: Callable[[], int]
    dead_letters: Callable[[], int]
    stored_bytes: Callable[[], int]
    free_bytes: Callable[[], int]
    open_connections: Callable[[], int]


class Metrics:
    """The metrics of one collector."""

    def __init__(
        self,
        *,
        version: str,
        refusals: Iterable[str] = (),
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        """`refusals` are all reasons to refuse a post; `wall_clock` gives UNIX seconds."""
        # One more series for each, with the time it was made. The library gives it no type.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry: Final = CollectorRegistry()
        self._wall_clock: Final = wall_clock
        self._drain_pid = _NO_PROCESS
        self._make_metrics_of_posts(refusals)
        self._make_metrics_of_the_drain()
        self._make_metrics_of_the_process(version)

    def watch(self, sources: Sources) -> None:
        """Take from `sources`, whenever somebody asks, what is not counted here."""
        reads: Mapping[str, Callable[[], float]] = {
            "spool_reports": lambda: sources.backlog().reports,
            "spool_bytes": lambda: sources.backlog().size_bytes,
            "spool_limit_bytes": sources.spool_limit_bytes,
            "spool_oldest_seconds": lambda: sources.backlog().oldest_seconds,
            "dead_letters": sources.dead_letters,
            "stored_bytes": sources.stored_bytes,
            "free_bytes": sources.free_bytes,
            "connections": sources.open_connections,
        }
        for name, read in reads.items():
            self._gauge(name).set_function(read)

    def serving(self) -> None:
        """Note that requests are served from now on."""
        self._serving_since.set(self._wall_clock())

    def responded(self, method: str, status: int, seconds: float) -> None:
        """Count a response, given so many seconds after its request was whole."""
        self._responses_of(status).inc()
        if method == "POST":
            self._post_seconds.observe(seconds)

    def evicted(self) -> None:
        """Count a connection that was closed to make room for another."""
        self._evictions.inc()

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

    def refused(self, reason: str) -> None:
        """Count a post that was refused, or a request cut off."""
        self._refused.labels(reason).inc()

    def drained(self, reports: int, *, seconds: float) -> None:
        """Count a batch that the warehouse took."""
        self._drained.observe(reports)
        self._drain_seconds.observe(seconds)
        self._last_written.set(self._wall_clock())

    def drain_stalled(self, *, is_stalled: bool) -> None:
        """Note whether reports are due and none is written."""
        self._stalled.set(is_stalled)

    def released(self, *, seconds: float) -> None:
        """Note how long a release took."""
        self._release_seconds.set(seconds)

    def billed(self, bytes_billed: int) -> None:
        """Count what was billed for counting."""
        self._release_bytes_billed.inc(bytes_billed)

    def release_failed(self) -> None:
        """Count that no release could be made."""
        self._release_failures.inc()

    def scheduled(self, next_due: int, *, released_through: int | None) -> None:
        """Note when the next release is due, and the last day that is published."""
        self._release_due.set(next_due)
        self._released_through.set(released_through or 0)

    def drain_failed(self) -> None:
        """Count a failure of the warehouse, or of the process that feeds it."""
        self._drain_failures.inc()

    def drain_started(self, process_id: int) -> None:
        """Measure that process from now on, as the one that feeds the warehouse."""
        if self._drain_pid != _NO_PROCESS:
            self._drain_restarts.inc()
        self._drain_pid = process_id

    def _make_metrics_of_posts(self, refusals: Iterable[str]) -> None:
        self._accepted = self._counter("reports_accepted")
        self._repeated = self._counter("reports_repeated")
        self._refused = self._counter("posts_refused", "reason")
        for reason in refusals:
            self._refused.labels(reason)  # so that each is there, as 0, before it happens
        responses = self._counter("responses", "status")

        # Finding a series by its label takes as long as all else that is counted of a response.
        @cache
        def responses_of(status: int) -> Counter:
            return responses.labels(str(status))

        self._responses_of = responses_of
        for status in (200, 204, 400, 503):
            self._responses_of(status)
        self._post_seconds = self._histogram("post_seconds", _POST_SECONDS)
        self._evictions = self._counter("connections_evicted")
        self._committed = self._histogram("commit_reports", _REPORTS)
        self._commit_seconds = self._histogram("commit_seconds", _COMMIT_SECONDS)
        self._commits_failed = self._counter("commits_failed")

    def _make_metrics_of_the_drain(self) -> None:
        self._drained = self._histogram("drain_batch_reports", _REPORTS)
        self._drain_seconds = self._histogram("drain_batch_seconds", _DRAIN_SECONDS)
        self._last_written = self._gauge("last_written_timestamp_seconds")
        self._drain_failures = self._counter("drain_failures")
        self._drain_restarts = self._counter("drain_restarts")
        self._stalled = self._gauge("drain_stalled")
        self._release_failures = self._counter("release_failures")
        self._release_seconds = self._gauge("release_seconds")
        self._release_bytes_billed = self._counter("release_bytes_billed")
        self._released_through = self._gauge("released_through_timestamp_seconds")
        self._release_due = self._gauge("release_due_timestamp_seconds")
        ProcessCollector("spartakus_drain", lambda: self._drain_pid, registry=self.registry)

    def _make_metrics_of_the_process(self, version: str) -> None:
        self._serving_since = self._gauge("serving_since_timestamp_seconds")
        Info("spartakus_collector", "Which collector this is.", registry=self.registry).info(
            {"version": version}
        )
        ProcessCollector(registry=self.registry)

    def _counter(self, name: str, *labels: str) -> Counter:
        return Counter(f"spartakus_{name}", _HELP[name], labels, registry=self.registry)

    def _histogram(self, name: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(f"spartakus_{name}", _HELP[name], buckets=buckets, registry=self.registry)

    def _gauge(self, name: str) -> Gauge:
        return Gauge(f"spartakus_{name}", _HELP[name], registry=self.registry)
