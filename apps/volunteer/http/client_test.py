"""One request under one deadline, over real sockets."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Final
from urllib.parse import urlsplit

import pytest

from tools.simulator import certificates
from tools.simulator.proxies import running_proxy
from volunteer.delivery.testing import Says, running_collector
from volunteer.http.client import HttpClient, Response
from volunteer.http.failures import Failure, RequestFailed
from volunteer.http.proxies import Proxy, parse_proxy
from volunteer.http.tls import client_context
from volunteer.testing import free_port, wait_for

_SECONDS: Final = 0.5
_SLACK: Final = 3.0
_PAUSE: Final = 0.01


def _nothing(_connection: socket.socket) -> bytes:
    return b""


def _slowly(text: bytes) -> Callable[[socket.socket], bytes]:
    """Send a text and then one byte after the other."""
    first = [text]

    def next_bytes(_connection: socket.socket) -> bytes:
        return first.pop() if first else b"x"

    return next_bytes


def _repeat(text: bytes) -> Callable[[socket.socket], bytes]:
    return lambda _connection: text


_HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
_SLOW: Final = {
    "never answers": _nothing,
    "a byte of the head now and then": _slowly(b"HTTP/1.1 200 OK\r\nX-Padding: "),
    "a header now and then": _slowly(b"HTTP/1.1 200 OK\r\n"),
    "100 Continue for ever": _repeat(b"HTTP/1.1 100 Continue\r\n\r\n"),
}
_SLOW_BODIES: Final = {
    "a byte of the body now and then": _slowly(_HEAD),
    "a chunk's length that does not end": _slowly(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0"
    ),
}


@contextmanager
def _server(next_bytes: Callable[[socket.socket], bytes]) -> Iterator[str]:
    """A server that reads a request and then sends `next_bytes` again and again."""
    stopping = threading.Event()

    def serve(listener: socket.socket) -> None:
        with suppress(OSError):
            while not stopping.is_set():
                connection, _ = listener.accept()
                with connection, suppress(OSError):
                    connection.recv(65_536)
                    while not stopping.wait(_PAUSE):
                        connection.sendall(next_bytes(connection))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            stopping.set()
            listener.shutdown(socket.SHUT_RDWR)


def _client(*, proxy: Proxy | None = None, trusting: bool = True) -> HttpClient:
    def tls() -> ssl.SSLContext:
        return client_context(authority=certificates.authority_pem().encode() if trusting else None)

    return HttpClient(route=lambda _url: proxy, tls=tls)


def _get(client: HttpClient, url: str, *, seconds: float = _SECONDS) -> Response:
    return client.request("GET", url, headers={}, seconds=seconds, most_bytes=1_000)


def _failure(client: HttpClient, url: str, *, seconds: float = _SECONDS) -> RequestFailed:
    with pytest.raises(RequestFailed) as failure:
        _get(client, url, seconds=seconds)
    return failure.value


@pytest.mark.parametrize("server", _SLOW)
def test_slow_head(server: str) -> None:
    """However a server keeps its answer's head back, the deadline of the request holds, and the
    thread that waited ends.
    """
    before = time.monotonic()
    threads = threading.active_count()
    with _server(_SLOW[server]) as url, closing(_client()) as client:
        assert _failure(client, url).failure is Failure.SILENCE
        assert time.monotonic() - before < _SECONDS + _SLACK
        wait_for(lambda: threading.active_count() <= threads + 1, seconds=_SLACK)


@pytest.mark.parametrize("server", _SLOW_BODIES)
def test_slow_body(server: str) -> None:
    """However a server keeps its body back, the deadline holds, and the status is known."""
    before = time.monotonic()
    with _server(_SLOW_BODIES[server]) as url, closing(_client()) as client:
        came = _get(client, url)
    assert came.status == 200
    assert came.fault is not None
    assert came.fault.failure in {Failure.SILENCE, Failure.TOO_LARGE}
    assert time.monotonic() - before < _SECONDS + _SLACK


def test_silent_handshake() -> None:
    """A server that does not answer in TLS is given up in time."""
    before = time.monotonic()
    with _server(_nothing) as url, closing(_client()) as client:
        assert _failure(client, url.replace("http:", "https:")).failure is Failure.SILENCE
    assert time.monotonic() - before < _SECONDS + _SLACK


def test_silent_proxy() -> None:
    """A proxy that does not answer is given up in time, of either kind."""
    for scheme in ("http", "socks5"):
        before = time.monotonic()
        with _server(_nothing) as url:
            proxy = parse_proxy(url.replace("http:", f"{scheme}:"), "x")
            with closing(_client(proxy=proxy)) as client:
                failure = _failure(client, "https://census.example/").failure
        assert failure in {Failure.SILENCE, Failure.BROKEN, Failure.PROXY_AWAY}
        assert time.monotonic() - before < _SECONDS + _SLACK


def test_no_time() -> None:
    """Where no time is left the request is over at once."""
    with _server(_nothing) as url, closing(_client()) as client:
        assert _failure(client, url, seconds=-1.0).failure is Failure.SILENCE


def test_works_after_a_deadline() -> None:
    """After a request that was given up the next one has a connection of its own."""
    with running_collector() as collector, closing(_client()) as client:
        with _server(_nothing) as url:
            _failure(client, url, seconds=0.1)
        assert _get(client, collector.url, seconds=10.0).status == 204


@pytest.mark.parametrize("scheme", ["http", "socks5"])
@pytest.mark.parametrize("login", [None, "me:p\u00e4ss"])
def test_through_a_proxy(scheme: str, login: str | None) -> None:
    """A far server is reached through a proxy, which sees its name, and nothing of what is said."""
    with (
        running_collector(tls=certificates.server_context()) as collector,
        running_proxy(scheme, login=login) as proxy,
        closing(_client(proxy=parse_proxy(proxy.url, "x"))) as client,
    ):
        headers = {"Authorization": "Bearer canary"}
        came = client.request(
            "POST", collector.url, headers=headers, body=b"canary", seconds=10.0, most_bytes=10
        )
    assert came.status == 204
    assert proxy.targets == [collector.url.removeprefix("https://")]
    assert b"canary" not in proxy.bytes


@pytest.mark.parametrize("scheme", ["http", "socks5"])
def test_name_is_resolved_by_the_proxy(scheme: str) -> None:
    """A name that only the proxy can resolve is left to it."""
    with (
        running_collector() as collector,
        running_proxy(scheme, leads_to=("127.0.0.1", urlsplit(collector.url).port or 0)) as proxy,
        closing(_client(proxy=parse_proxy(proxy.url, "x"))) as client,
    ):
        failure = _failure(client, "https://census.invalid/", seconds=10.0)
    assert failure.failure is Failure.NO_TLS
    assert proxy.targets == ["census.invalid:443"]


@pytest.mark.parametrize("scheme", ["http", "socks5"])
def test_proxy_that_refuses(scheme: str) -> None:
    """That a proxy refuses is lasting, and its reason is not quoted."""
    with (
        running_proxy(scheme, refuses=True) as proxy,
        closing(_client(proxy=parse_proxy(proxy.url, "x"))) as client,
    ):
        failure = _failure(client, "https://census.example/", seconds=10.0)
    assert failure.failure is Failure.PROXY
    assert failure.failure.is_lasting
    assert "canary" not in str(failure)


def test_proxy_that_is_away() -> None:
    """A proxy that cannot be reached may come back."""
    for scheme in ("http", "socks5"):
        proxy = parse_proxy(f"{scheme}://127.0.0.1:{free_port()}", "x")
        with closing(_client(proxy=proxy)) as client:
            failure = _failure(client, "https://census.example/", seconds=10.0)
        assert failure.failure is Failure.PROXY_AWAY
        assert not failure.failure.is_lasting


def test_certificate_of_a_proxy() -> None:
    """That nobody vouches for a proxy is lasting, and is said of the proxy."""
    with (
        running_proxy("http", tls=certificates.server_context()) as running,
        closing(_client(proxy=parse_proxy(running.url, "x"))) as client,
    ):
        failure = _failure(client, "https://census.example/", seconds=10.0)
    assert failure.failure is Failure.PROXY
    assert str(failure).startswith("the proxy: its certificate is not accepted: ")


def test_wrong_login() -> None:
    """A proxy that does not know the user refuses."""
    with running_proxy("socks5", login="me:right") as running:
        proxy = parse_proxy(running.url.replace("right", "wrong"), "x")
        with closing(_client(proxy=proxy)) as client:
            assert _failure(client, "https://h.example/", seconds=10.0).failure is Failure.PROXY


def test_certificate() -> None:
    """That nobody vouches for a server is lasting."""
    with (
        running_collector(tls=certificates.server_context()) as collector,
        closing(_client(trusting=False)) as client,
    ):
        failure = _failure(client, collector.url, seconds=10.0)
    assert failure.failure is Failure.CERTIFICATE
    assert failure.failure.is_lasting


def test_client_certificate() -> None:
    """That a server asks for a certificate of ours is lasting.

    It disconnects at once, and a reset may overtake the alert that says why (TLS 1.3): then the
    connection broke, and the next attempt tells.
    """
    context = certificates.server_context()
    context.verify_mode = ssl.CERT_REQUIRED
    with running_collector(tls=context) as collector, closing(_client()) as client:
        failures = [_failure(client, collector.url, seconds=10.0) for _ in range(20)]
    told = {str(each) for each in failures if each.failure is Failure.CLIENT_CERTIFICATE}
    assert told == {"it asks for a client certificate"}
    assert {each.failure for each in failures} <= {Failure.CLIENT_CERTIFICATE, Failure.BROKEN}


def test_no_tls() -> None:
    """That a server does not speak TLS is lasting."""
    with running_collector() as collector, closing(_client()) as client:
        url = collector.url.replace("http:", "https:")
        assert _failure(client, url, seconds=10.0).failure is Failure.NO_TLS


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\xff canary\r\n\r\n",
        b"HTTP/1.1 canary OK\r\n\r\n",
        b"HTTP/1.1 99999 OK\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: canary\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\ncanary\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 6\r\n\r\ncanary",
        b"HTTP/1.1 503 No\r\nRetry-After: 99999999999999999999\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 503 No\r\nRetry-After: Mon, 99 canary\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
    ],
)
def test_garbage(garbage: bytes) -> None:
    """Whatever answers, the outcome is an answer or one failure that quotes nothing of it."""
    with _server(_repeat(garbage)) as url, closing(_client()) as client:
        assert "canary" not in _in_words(lambda: _get(client, url, seconds=5.0))


def _in_words(ask: Callable[[], Response]) -> str:
    try:
        return str(ask().fault)
    except RequestFailed as error:
        return str(error)


def test_no_redirect() -> None:
    """A redirect is an answer."""
    with (
        running_collector(Says(302, {"Location": "/there"})) as collector,
        closing(_client()) as client,
    ):
        assert _get(client, collector.url, seconds=10.0).status == 302
    assert len(collector.received) == 1
