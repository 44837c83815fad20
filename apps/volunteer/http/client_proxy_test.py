"""Requests through a proxy, over real sockets."""

import time
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from tools.simulator import certificates
from tools.simulator.proxies import running_proxy
from volunteer.delivery.testing import running_collector
from volunteer.http.failures import Failure
from volunteer.http.proxies import parse_proxy
from volunteer.http.testing import SECONDS, SLACK, failure_of, new_client, nothing, server_sending
from volunteer.testing import free_port


def test_silent_proxy() -> None:
    """A proxy that does not answer is given up in time, of either kind."""
    for scheme in ("http", "socks5"):
        before = time.monotonic()
        with server_sending(nothing) as url:
            proxy = parse_proxy(url.replace("http:", f"{scheme}:"), "x")
            with closing(new_client(proxy=proxy)) as client:
                failure = failure_of(client, "https://census.example/").failure
        assert failure in {Failure.SILENCE, Failure.BROKEN, Failure.PROXY_AWAY}
        assert time.monotonic() - before < SECONDS + SLACK


@pytest.mark.parametrize("scheme", ["http", "socks5"])
@pytest.mark.parametrize("login", [None, "me:p\u00e4ss"])
def test_through_a_proxy(scheme: str, login: str | None) -> None:
    """A far server is reached through a proxy, which sees its name, and nothing of what is said."""
    with (
        running_collector(tls=certificates.server_context()) as collector,
        running_proxy(scheme, login=login) as proxy,
        closing(new_client(proxy=parse_proxy(proxy.url, "x"))) as client,
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
        closing(new_client(proxy=parse_proxy(proxy.url, "x"))) as client,
    ):
        failure = failure_of(client, "https://census.invalid/", seconds=10.0)
    assert failure.failure is Failure.NO_TLS
    assert proxy.targets == ["census.invalid:443"]


@pytest.mark.parametrize("scheme", ["http", "socks5"])
def test_proxy_that_refuses(scheme: str) -> None:
    """That a proxy refuses is lasting, and its reason is not quoted."""
    with (
        running_proxy(scheme, refuses=True) as proxy,
        closing(new_client(proxy=parse_proxy(proxy.url, "x"))) as client,
    ):
        failure = failure_of(client, "https://census.example/", seconds=10.0)
    assert failure.failure is Failure.PROXY
    assert failure.failure.is_lasting
    assert "canary" not in str(failure)


def test_proxy_that_is_away() -> None:
    """A proxy that cannot be reached may come back."""
    for scheme in ("http", "socks5"):
        proxy = parse_proxy(f"{scheme}://127.0.0.1:{free_port()}", "x")
        with closing(new_client(proxy=proxy)) as client:
            failure = failure_of(client, "https://census.example/", seconds=10.0)
        assert failure.failure is Failure.PROXY_AWAY
        assert not failure.failure.is_lasting


def test_certificate_of_a_proxy() -> None:
    """That nobody vouches for a proxy is lasting, and is said of the proxy."""
    with (
        running_proxy("http", tls=certificates.server_context()) as running,
        closing(new_client(proxy=parse_proxy(running.url, "x"))) as client,
    ):
        failure = failure_of(client, "https://census.example/", seconds=10.0)
    assert failure.failure is Failure.PROXY
    assert str(failure).startswith("the proxy: its certificate is not accepted: ")


def test_wrong_login() -> None:
    """A proxy that does not know the user refuses."""
    with running_proxy("socks5", login="me:right") as running:
        proxy = parse_proxy(running.url.replace("right", "wrong"), "x")
        with closing(new_client(proxy=proxy)) as client:
            assert failure_of(client, "https://h.example/", seconds=10.0).failure is Failure.PROXY
