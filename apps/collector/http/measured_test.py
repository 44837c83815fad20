"""What the server tells of its answers and connections."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from collector.http.conftest import RawClient, echo, get, nothing_to_commit, post, unavailable
from collector.http.limits import ServerSettings
from collector.http.listener import listen_tcp
from collector.http.server import Server

LOOPBACK = "127.0.0.1"


@contextmanager
def running(
    *,
    connection_limit: int = 10,
    answered: Callable[[str, int, float], None] = lambda *_: None,
    evicted: Callable[[], None] = lambda: None,
) -> Iterator[Server]:
    """Run a server on a socket that was made for it."""
    server = Server(
        echo,
        commit=nothing_to_commit,
        commit_failed=unavailable,
        settings=ServerSettings(port=1, connection_limit=connection_limit),
        listening=listen_tcp(LOOPBACK, 0, backlog=16),
        answered=answered,
        evicted=evicted,
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server
    finally:
        server.shut_down(0)
        thread.join()


def test_every_answer_is_told() -> None:
    """The method, the status and the duration of the application's answers, and of the server's."""
    told: list[tuple[str, int]] = []

    def answered(method: str, status: int, seconds: float) -> None:
        assert 0 <= seconds < 5
        told.append((method, status))

    with running(answered=answered) as server, closing(RawClient(server.address)) as client:
        for request in (post(b"x"), get(), b"nonsense\r\n\r\n"):
            client.send(request)
            client.answer()
    assert told[:2] == [("POST", 200), ("GET", 200)]
    assert told[2][1] == 400


def test_connections_are_counted_and_evictions_told() -> None:
    """How many are open can be asked at any time; each that is closed to make room is told."""
    evictions: list[int] = []
    with running(connection_limit=2, evicted=lambda: evictions.append(1)) as server:
        assert server.open_connections == 0
        with (
            closing(RawClient(server.address)) as first,
            closing(RawClient(server.address)) as second,
            closing(RawClient(server.address)) as third,
        ):
            assert first.is_closed()
            for client in (second, third):
                client.send(get())
                assert client.answer().status == 200
            assert server.open_connections == 2
    assert evictions == [1]
