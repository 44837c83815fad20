"""The load generator against a server of the standard library."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tools.bench.http_load import (
    Load,
    Measured,
    measure_with_python,
    measure_with_wrk,
    slow_clients,
    wrk_is_installed,
)

BODY = b'{"a":1}'


class Handler(BaseHTTPRequestHandler):
    """Answers 204 to the body expected and 400 to any other."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Read the request and answer it."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        expected = body == BODY and self.headers["Content-Type"] == "application/json"
        self.send_response(204 if expected and self.path == "/fine" else 400)
        if self.path != "/fine":
            self.send_header("Content-Length", "3")
        self.end_headers()
        if self.path != "/fine":
            self.wfile.write(b"no\n")

    def do_GET(self) -> None:
        """Answer that there is nothing, but at one address."""
        self.send_response(204 if self.path == "/fine" else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


class QuietServer(ThreadingHTTPServer):
    """A server that says nothing about clients that disconnect, as load generators do."""

    def handle_error(self, *_: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def url() -> Iterator[str]:
    """The address of a running server."""
    server = QuietServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def assert_plausible(measured: Measured) -> None:
    """Fail when the numbers contradict each other."""
    assert measured.requests_a_second > 10
    assert 0 < measured.p50 <= measured.p99 <= measured.max < 10_000


def test_python_measures_a_server(url: str) -> None:
    """The Python generator counts answers by status, with and without a body."""
    for path, status in (("/fine", "204"), ("/other", "400")):
        load = Load(url=url + path, body=BODY, connections=4, seconds=0.3)
        measured = measure_with_python(load)
        assert_plausible(measured)
        assert set(measured.statuses) == {status}
        assert measured.lost == 0


@pytest.mark.skipif(not wrk_is_installed(), reason="wrk is not installed")
def test_wrk_measures_a_server(url: str) -> None:
    """Wrk tells answers below 400 from the others, in the same form."""
    for path, fine in (("/fine", True), ("/other", False)):
        load = Load(url=url + path, body=BODY, connections=4, seconds=1)
        measured = measure_with_wrk(load)
        assert_plausible(measured)
        assert (measured.statuses["below 400"] > 0) is fine
        assert (measured.statuses["400 and above"] > 0) is not fine


@pytest.mark.parametrize(
    "generator",
    [
        measure_with_python,
        pytest.param(
            measure_with_wrk,
            marks=pytest.mark.skipif(not wrk_is_installed(), reason="wrk is not installed"),
        ),
    ],
)
def test_a_server_that_is_not_there_is_an_error(generator: Callable[[Load], Measured]) -> None:
    """Nothing is measured where nothing answers."""
    with pytest.raises((OSError, RuntimeError)):
        generator(Load(url="http://127.0.0.1:1/", body=BODY, connections=1, seconds=1))


def test_slow_connections_run_beside_the_load(url: str) -> None:
    """Slow clients do not disturb the measurement and end with it."""
    load = Load(url=f"{url}/fine", body=BODY, connections=2, seconds=0.3)
    with slow_clients(load, connections=10):
        measured = measure_with_python(load)
    assert set(measured.statuses) == {"204"}


def test_without_a_body_both_ask(url: str) -> None:
    """A load without a body is one of GET."""
    load = Load(url=f"{url}/fine", connections=2, seconds=1)
    assert set(measure_with_python(load).statuses) == {"204"}
    if wrk_is_installed():
        assert measure_with_wrk(load).statuses["400 and above"] == 0
