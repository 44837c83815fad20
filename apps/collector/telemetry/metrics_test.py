"""Behaviour of `collector.telemetry.metrics`."""

import os

from prometheus_client import generate_latest

from collector.http.problems import REASONS
from collector.spool.backlog import Backlog
from collector.telemetry.metrics import Metrics, Sources


def test_every_reason_is_there_before_it_happens() -> None:
    """A rate over a counter works from the first refusal on, because it was 0 before."""
    metrics = Metrics(version="1.2.3", refusals=REASONS)
    refused = "spartakus_posts_refused_total"
    for reason in REASONS:
        assert metrics.registry.get_sample_value(refused, {"reason": reason}) == 0
    for reason in ("spool_full", "body_too_large", "http_413"):
        metrics.refused(reason)
        assert metrics.registry.get_sample_value(refused, {"reason": reason}) == 1


def test_the_backlog_is_read_when_somebody_asks() -> None:
    """Gauges show what waits at the moment of the question."""
    metrics = Metrics(version="1.2.3")
    backlogs = [Backlog(1, 10, 0.5)]
    metrics.watch(
        Sources(
            backlog=lambda: backlogs[0],
            spool_limit_bytes=lambda: 8,
            dead_letters=lambda: 4,
            stored_bytes=lambda: 5,
            free_bytes=lambda: 6,
            open_connections=lambda: 7,
        )
    )
    sample = metrics.registry.get_sample_value
    assert sample("spartakus_spool_reports") == 1
    backlogs[0] = Backlog(2, 30, 7.5)
    assert sample("spartakus_spool_bytes") == 30
    assert sample("spartakus_spool_oldest_seconds") == 7.5
    assert sample("spartakus_dead_letters") == 4
    assert sample("spartakus_stored_bytes") == 5
    assert sample("spartakus_free_bytes") == 6
    assert sample("spartakus_connections") == 7
    assert sample("spartakus_spool_limit_bytes") == 8


def test_batches_of_the_drain_are_counted() -> None:
    """Size, duration and failures of writing to the warehouse are counted."""
    metrics = Metrics(version="1.2.3", wall_clock=lambda: 1_234.0)
    assert metrics.registry.get_sample_value("spartakus_last_written_timestamp_seconds") == 0
    metrics.drained(30, seconds=0.25)
    metrics.drain_failed()
    sample = metrics.registry.get_sample_value
    assert sample("spartakus_drain_batch_reports_sum") == 30
    assert sample("spartakus_drain_batch_seconds_sum") == 0.25
    assert sample("spartakus_drain_failures_total") == 1
    assert sample("spartakus_last_written_timestamp_seconds") == 1_234


def test_the_process_of_the_drain_is_measured() -> None:
    """The drain has memory and processor time of its own; each start after the first is counted."""
    metrics = Metrics(version="1.2.3")
    sample = metrics.registry.get_sample_value
    memory = "spartakus_drain_process_resident_memory_bytes"
    assert sample(memory) is None
    metrics.drain_started(os.getpid())
    assert (sample(memory) or 0) > 1024 * 1024
    assert sample("spartakus_drain_restarts_total") == 0
    metrics.drain_started(os.getpid())
    assert sample("spartakus_drain_restarts_total") == 1


def test_responses_are_counted_by_status() -> None:
    """Every answer is counted; how long it took only for posts."""
    metrics = Metrics(version="1.2.3")
    metrics.responded("POST", 204, 0.003)
    metrics.responded("GET", 200, 0.5)
    metrics.responded("POST", 418, 0.2)
    sample = metrics.registry.get_sample_value
    for status in ("200", "204", "418"):
        assert sample("spartakus_responses_total", {"status": status}) == 1
    assert sample("spartakus_post_seconds_count") == 2
    assert sample("spartakus_post_seconds_bucket", {"le": "0.005"}) == 1


def test_no_series_tells_when_a_metric_was_made() -> None:
    """No counter or histogram has a `_created` series."""
    text = generate_latest(Metrics(version="1.2.3").registry).decode()
    assert "spartakus_reports_accepted_total 0.0" in text
    assert "_created" not in text
