"""Behaviour of `collector.telemetry.metrics` and of the port that serves it."""

import http.client
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from collector.errors import BodyTooLarge, CannotListen, SpoolFull
from collector.spool.backlog import Backlog
from collector.telemetry.admin_server import serve_metrics
from collector.telemetry.dead_letter_count import count_dead_letters
from collector.telemetry.metrics import Metrics


def test_every_reason_is_there_before_it_happens() -> None:
    """A rate over a counter works from the first refusal on, because it was 0 before."""
    metrics = Metrics(version="1.2.3")
    refused = "spartakus_posts_refused_total"
    for reason in ("invalid_report", "spool_full", "rate_exceeded", "http_408"):
        assert metrics.registry.get_sample_value(refused, {"reason": reason}) == 0
    metrics.refused(SpoolFull())
    metrics.refused(BodyTooLarge(1))
    metrics.refused_by_server(413)
    for reason in ("spool_full", "body_too_large", "http_413"):
        assert metrics.registry.get_sample_value(refused, {"reason": reason}) == 1


def test_the_backlog_is_read_when_somebody_asks() -> None:
    """Gauges show what waits at the moment of the question."""
    metrics = Metrics(version="1.2.3")
    backlogs = [Backlog(1, 10, 0.5)]
    metrics.watch(lambda: backlogs[0], lambda: 4)
    sample = metrics.registry.get_sample_value
    assert sample("spartakus_spool_reports") == 1
    backlogs[0] = Backlog(2, 30, 7.5)
    assert sample("spartakus_spool_bytes") == 30
    assert sample("spartakus_spool_oldest_seconds") == 7.5
    assert sample("spartakus_dead_letters") == 4


def test_batches_of_the_drain_are_counted() -> None:
    """Size, duration and failures of writing to the database are told."""
    metrics = Metrics(version="1.2.3")
    metrics.drained(30, seconds=0.25)
    metrics.drain_failed()
    sample = metrics.registry.get_sample_value
    assert sample("spartakus_drain_batch_reports_sum") == 30
    assert sample("spartakus_drain_batch_seconds_sum") == 0.25
    assert sample("spartakus_drain_failures_total") == 1


def test_metrics_are_served_in_text() -> None:
    """`/metrics` answers in Prometheus' format, with the version and the process's memory."""
    metrics = Metrics(version="1.2.3")
    with (
        serve_metrics(metrics.registry, host="127.0.0.1", port=0) as port,
        closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection,
    ):
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
    assert 'spartakus_collector_info{version="1.2.3"} 1.0' in text
    assert "process_resident_memory_bytes" in text


def test_a_port_that_is_taken_is_one_clear_line() -> None:
    """An admin port in use is named."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(CannotListen, match=f"cannot serve metrics on 127.0.0.1 port {port}: "),
            serve_metrics(CollectorRegistry(), host="127.0.0.1", port=port),
        ):
            pass


def test_dead_letters_are_counted_from_beside(tmp_path: Path) -> None:
    """Without a file there are none; with one it is read and not changed."""
    path = tmp_path / "dead-letters.sqlite"
    assert count_dead_letters(path) == 0
    assert not path.exists()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE dead_letters (report_key TEXT)")
        connection.execute("INSERT INTO dead_letters VALUES ('a'), ('b')")
        connection.commit()
    assert count_dead_letters(path) == 2
