"""What the selector watches for each connection."""

import selectors
import tracemalloc
from contextlib import closing
from typing import TYPE_CHECKING

from collector.http.conftest import LOOPBACK, RawClient, Serve, connections_of, get
from collector.http.connection import Afterwards, Connection, Listener
from collector.http.dispatcher import Reply
from collector.http.listener import listen

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

LONG_RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 20000000\r\n\r\n" + b"x" * 20_000_000


def only(connections: list[Connection]) -> Connection:
    """The connection of which there is one."""
    (connection,) = connections
    return connection


def test_a_socket_is_watched_for_what_its_connection_waits_for() -> None:
    """Reading is watched unless a response waits to go out, or the loop would never rest."""
    listener = Listener(listen(LOOPBACK, 0))
    with (
        selectors.DefaultSelector() as selector,
        closing(listener),
        closing(connections_of(selector)) as connections,
        closing(RawClient(listener.address)) as client,
    ):
        connections.accept(listener, now=0)
        client.send(get())
        while not connections.ready:
            for key, _ in selector.select(timeout=1):
                connections.handle_event(key.data, now=0)
        connection = only(connections.ready.take())
        watched = [selector.get_key(connection.socket).events]
        connections.send(Reply(connection, LONG_RESPONSE, Afterwards.KEEP, 200), now=0)
        watched.append(selector.get_key(connection.socket).events)
        while connection.has_unsent:
            client.socket.recv(1 << 20)
            connections.handle_event(connection, now=0)
        watched.append(selector.get_key(connection.socket).events)
    assert watched == [selectors.EVENT_READ, selectors.EVENT_WRITE, selectors.EVENT_READ]


def test_clients_that_do_not_read_share_a_long_body(serve: Serve) -> None:
    """What many of them wait for is in memory once."""
    body = bytes(20_000_000)

    def long(_: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        start_response("200 OK", [])
        return [body]

    running = serve(long)
    tracemalloc.start()
    try:
        clients = [running.client() for _ in range(20)]
        for client in clients:
            client.send(get())
            client.socket.recv(1)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < len(body)
