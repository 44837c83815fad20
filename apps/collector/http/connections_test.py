"""What the loop is told to watch for each client."""

import selectors
from contextlib import closing

from collector.http.conftest import ANY_PORT, RawClient, get
from collector.http.connection import Afterwards, Connection
from collector.http.connections import Clients
from collector.http.dispatcher import Reply
from collector.http.listener import Listener, listen_tcp

LONG_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 20000000\r\n\r\n" + b"x" * 20_000_000


def only(clients: list[Connection]) -> Connection:
    """The connection of which there is one."""
    (connection,) = clients
    return connection


def test_a_socket_is_watched_for_what_its_connection_waits_for() -> None:
    """Reading is watched but while an answer waits to go out, or the loop would never rest."""
    listener = Listener(listen_tcp(ANY_PORT.host, ANY_PORT.port, backlog=ANY_PORT.backlog))
    with (
        selectors.DefaultSelector() as selector,
        closing(listener),
        closing(Clients(ANY_PORT, selector)) as clients,
        closing(RawClient(listener.address)) as client,
    ):
        clients.accept(listener, now=0)
        client.send(get())
        while not clients.has_ready:
            for key, _ in selector.select(timeout=1):
                clients.handle_event(key.data, now=0)
        connection = only(clients.take_ready())
        watched = [selector.get_key(connection.socket).events]
        clients.send(Reply(connection, LONG_ANSWER, Afterwards.KEEP, 200), now=0)
        watched.append(selector.get_key(connection.socket).events)
        while connection.has_unsent:
            client.socket.recv(1 << 20)
            clients.handle_event(connection, now=0)
        watched.append(selector.get_key(connection.socket).events)
    assert watched == [selectors.EVENT_READ, selectors.EVENT_WRITE, selectors.EVENT_READ]
