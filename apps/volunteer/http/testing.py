"""What tests of the client share: servers that misbehave, over real sockets."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

import pytest

from tools.simulator import certificates
from volunteer.http.client import HttpClient, Response
from volunteer.http.failures import RequestFailed
from volunteer.http.proxies import Proxy
from volunteer.http.tls import client_context

SECONDS: Final = 0.5
"""The deadline of a request."""

SLACK: Final = 3.0
"""How much later a loaded machine may notice."""

_PAUSE: Final = 0.01


def nothing(_connection: socket.socket) -> bytes:
    """Send nothing."""
    return b""


@contextmanager
def server_sending(next_bytes: Callable[[socket.socket], bytes]) -> Iterator[str]:
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


def new_client(*, proxy: Proxy | None = None, trusting: bool = True) -> HttpClient:
    """Return a client that knows the test's authority, unless it is not `trusting`."""

    def tls() -> ssl.SSLContext:
        return client_context(authority=certificates.authority_pem().encode() if trusting else None)

    return HttpClient(route=lambda _url: proxy, tls=tls)


def get(client: HttpClient, url: str, *, seconds: float = SECONDS) -> Response:
    """Get `url`, of at most 1,000 bytes."""
    return client.request("GET", url, headers={}, seconds=seconds, most_bytes=1_000)


def failure_of(client: HttpClient, url: str, *, seconds: float = SECONDS) -> RequestFailed:
    """Return the failure that a request ends in."""
    with pytest.raises(RequestFailed) as failure:
        get(client, url, seconds=seconds)
    return failure.value
