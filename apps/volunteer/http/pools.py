"""urllib3's pools of connections, with a proxy or without, and how to shut a connection down."""

import socket
import ssl
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any
from weakref import WeakSet

import urllib3
from urllib3.connection import HTTPConnection

from volunteer.http.proxies import SOCKS, Proxy
from volunteer.http.tls import client_context


def new_pool(
    proxy: Proxy | None,
    tls: ssl.SSLContext | None,
    server_name: str | None,
    kept: WeakSet[HTTPConnection],
) -> urllib3.PoolManager:
    """Return a pool whose connections go through `proxy`, and are in `kept` while they live.

    `server_name` is what certificates have to name, where it is not the URL's host.
    """
    pool = _pool(proxy, {"ssl_context": tls, "server_hostname": server_name})
    _keep_connections(pool, kept)
    return pool


def disconnect(connections: Iterable[HTTPConnection]) -> None:
    """Shut connections down under whoever reads from them."""
    for connection in connections:
        outer = connection.sock
        # Below TLS, because another thread may be reading through it.
        bare = getattr(outer, "socket", outer)
        if isinstance(bare, socket.socket):
            with suppress(OSError):
                socket.socket.shutdown(bare, socket.SHUT_RDWR)


def _pool(proxy: Proxy | None, shared: dict[str, Any]) -> urllib3.PoolManager:
    if proxy is None:
        return urllib3.PoolManager(**shared)
    if proxy.scheme in SOCKS:
        from urllib3.contrib.socks import SOCKSProxyManager  # few have such a proxy

        return SOCKSProxyManager(proxy.url, proxy.user, proxy.password, **shared)
    own_tls = client_context() if proxy.scheme == "https" else None
    return urllib3.ProxyManager(
        proxy.url, proxy_headers=proxy.headers, proxy_ssl_context=own_tls, **shared
    )


def _keep_connections(pool: urllib3.PoolManager, kept: WeakSet[HTTPConnection]) -> None:
    """Make `pool` add each connection that it opens to `kept`, so that it can be shut down."""

    def keeping(pool_class: Callable[..., Any]) -> Callable[..., Any]:
        def new_pool(*arguments: object, **named: object) -> object:
            made = pool_class(*arguments, **named)
            connection_class = made.ConnectionCls

            def new_connection(*arguments: object, **named: object) -> object:
                connection = connection_class(*arguments, **named)
                kept.add(connection)
                return connection

            made.ConnectionCls = new_connection
            return made

        return new_pool

    # urllib3 has its classes here, and only calls them.
    classes: dict[str, Any] = pool.pool_classes_by_scheme
    keeping_classes: Any = {scheme: keeping(made) for scheme, made in classes.items()}
    pool.pool_classes_by_scheme = keeping_classes
