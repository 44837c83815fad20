"""What the server counts of its responses and connections."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

from collector.http import Limits
from collector.http.conftest import TIMEOUT_SECONDS, RawClient, get, post, server_of
from collector.http.server import Server
from collector.telemetry.metrics import Metrics


@contextmanager
def running(metrics: Metrics, limits: Limits) -> Iterator[Server]:
    """Run a server that counts."""
    server = server_of(metrics=metrics, limits=limits)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server
    finally:
        server.shut_down(0)
        thread.join(TIMEOUT_SECONDS)
        assert not thread.is_alive()


def test_every_response_is_counted() -> None:
    """Those of the application and of the server, by status, and how long posts took."""
    metrics = Metrics(version="0")
    with running(metrics, Limits()) as server, closing(RawClient(server.address)) as client:
        for request in (post(b"x"), get(), b"nonsense\r\n\r\n"):
            client.send(request)
            client.response()
    sample = metrics.registry.get_sample_value
    answers = {
        status: sample("spartakus_responses_total", {"status": status}) for status in ("200", "400")
    }
    assert answers == {"200": 2, "400": 1}
    assert sample("spartakus_posts_refused_total", {"reason": "http_400"}) == 1
    assert sample("spartakus_post_seconds_count") == 1
    assert 0 <= (sample("spartakus_post_seconds_sum") or 0) < 5


def test_connections_and_evictions_are_counted() -> None:
    """How many are open can be asked at any time; each that is closed to make room is counted."""
    metrics = Metrics(version="0")
    with running(metrics, Limits(connection_limit=2)) as server:
        assert server.open_connections == 0
        with (
            closing(RawClient(server.address)) as first,
            closing(RawClient(server.address)) as second,
            closing(RawClient(server.address)) as third,
        ):
            assert first.is_closed()
            for client in (second, third):
                client.send(get())
                assert client.response().status == 200
            assert server.open_connections == 2
    assert metrics.registry.get_sample_value("spartakus_connections_evicted_total") == 1
