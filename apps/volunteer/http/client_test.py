"""One request under one deadline, over real sockets."""

import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import Final

import pytest

from tools.simulator import certificates
from volunteer.delivery.testing import Says, running_collector
from volunteer.http.client import HttpClient, Response
from volunteer.http.failures import Failure, RequestFailed
from volunteer.http.testing import (
    SECONDS,
    SLACK,
    failure_of,
    get,
    new_client,
    nothing,
    server_sending,
)
from volunteer.http.tls import client_context
from volunteer.testing import wait_for


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
    "never answers": nothing,
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


@pytest.mark.parametrize("server", _SLOW)
def test_slow_head(server: str) -> None:
    """However a server keeps its answer's head back, the deadline of the request holds, and the
    thread that waited ends.
    """
    before = time.monotonic()
    threads = threading.active_count()
    with server_sending(_SLOW[server]) as url, closing(new_client()) as client:
        assert failure_of(client, url).failure is Failure.SILENCE
        assert time.monotonic() - before < SECONDS + SLACK
        wait_for(lambda: threading.active_count() <= threads + 1, seconds=SLACK)


@pytest.mark.parametrize("server", _SLOW_BODIES)
def test_slow_body(server: str) -> None:
    """However a server keeps its body back, the deadline holds, and the status is known."""
    before = time.monotonic()
    with server_sending(_SLOW_BODIES[server]) as url, closing(new_client()) as client:
        came = get(client, url)
    assert came.status == 200
    assert came.fault is not None
    assert came.fault.failure in {Failure.SILENCE, Failure.TOO_LARGE}
    assert time.monotonic() - before < SECONDS + SLACK


def test_silent_handshake() -> None:
    """A server that does not answer in TLS is given up in time."""
    before = time.monotonic()
    with server_sending(nothing) as url, closing(new_client()) as client:
        assert failure_of(client, url.replace("http:", "https:")).failure is Failure.SILENCE
    assert time.monotonic() - before < SECONDS + SLACK


def test_no_time() -> None:
    """Where no time is left the request is over at once."""
    with server_sending(nothing) as url, closing(new_client()) as client:
        assert failure_of(client, url, seconds=-1.0).failure is Failure.SILENCE


def test_works_after_a_deadline() -> None:
    """After a request that was given up the next one has a connection of its own."""
    with running_collector() as collector, closing(new_client()) as client:
        with server_sending(nothing) as url:
            failure_of(client, url, seconds=0.1)
        assert get(client, collector.url, seconds=10.0).status == 204


def test_certificate() -> None:
    """That nobody vouches for a server is lasting."""
    with (
        running_collector(tls=certificates.server_context()) as collector,
        closing(new_client(trusting=False)) as client,
    ):
        failure = failure_of(client, collector.url, seconds=10.0)
    assert failure.failure is Failure.AUTHORITY
    assert failure.failure.is_lasting


def test_certificate_of_another_name() -> None:
    """A certificate of another name is no matter of whom to trust."""
    authority = certificates.authority_pem().encode()
    with (
        running_collector(tls=certificates.server_context()) as collector,
        closing(
            HttpClient(
                route=lambda _url: None,
                tls=lambda: client_context(authority=authority),
                server_name="elsewhere.example",
            )
        ) as client,
    ):
        failure = failure_of(client, collector.url, seconds=10.0)
    assert failure.failure is Failure.CERTIFICATE
    assert failure.failure.is_lasting
    assert str(failure).endswith("certificate is not valid for 'elsewhere.example'")


def test_no_http() -> None:
    """Another protocol is told from a connection that broke."""
    with (
        server_sending(_repeat(b"SSH-2.0-OpenSSH_9.9\r\n")) as url,
        closing(new_client()) as client,
    ):
        failure = failure_of(client, url, seconds=10.0)
    assert (failure.failure, str(failure)) == (Failure.BROKEN, "its answer is not HTTP")


def test_client_certificate() -> None:
    """That a server asks for a certificate of ours is lasting.

    It disconnects at once, and a reset may overtake the alert that says why (TLS 1.3): then the
    connection broke, and the next attempt tells.
    """
    context = certificates.server_context()
    context.verify_mode = ssl.CERT_REQUIRED
    with running_collector(tls=context) as collector, closing(new_client()) as client:
        failures = [failure_of(client, collector.url, seconds=10.0) for _ in range(20)]
    told = {str(each) for each in failures if each.failure is Failure.CLIENT_CERTIFICATE}
    assert told == {"it asks for a client certificate"}
    assert {each.failure for each in failures} <= {Failure.CLIENT_CERTIFICATE, Failure.BROKEN}


def test_no_tls() -> None:
    """That a server does not speak TLS is lasting."""
    with running_collector() as collector, closing(new_client()) as client:
        url = collector.url.replace("http:", "https:")
        assert failure_of(client, url, seconds=10.0).failure is Failure.NO_TLS


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
    with server_sending(_repeat(garbage)) as url, closing(new_client()) as client:
        assert "canary" not in _in_words(lambda: get(client, url, seconds=5.0))


def _in_words(ask: Callable[[], Response]) -> str:
    try:
        return str(ask().fault)
    except RequestFailed as error:
        return str(error)


def test_no_redirect() -> None:
    """A redirect is an answer."""
    with (
        running_collector(Says(302, {"Location": "/there"})) as collector,
        closing(new_client()) as client,
    ):
        assert get(client, collector.url, seconds=10.0).status == 302
    assert len(collector.received) == 1
