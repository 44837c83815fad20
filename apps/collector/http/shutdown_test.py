"""What becomes of connections and requests when the server stops."""

import os
import signal
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest

from collector.http.conftest import (
    TIMEOUT_SECONDS,
    FakeGroup,
    Running,
    Serve,
    echo,
    get,
    post,
    server_of,
)

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

HEAD = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"


def settle(running: Running) -> None:
    """Return when the server has read all that was sent before."""
    client = running.client()
    client.send(post(b"", close=True))
    assert client.response().status == 200
    assert client.is_closed()


def test_a_request_whose_head_has_arrived_is_finished(serve: Serve) -> None:
    """The body may still come after the server began to stop."""
    running = serve()
    client = running.client()
    client.send(HEAD)
    settle(running)
    running.server.shut_down(10)
    client.send(b"hello")
    seen = client.response()
    assert (seen.body, seen.headers["connection"]) == (b"POST / hello", "close")
    running.thread.join(10)
    assert not running.thread.is_alive()


def test_a_connection_without_a_request_is_closed(serve: Serve) -> None:
    """Idle connections and half a head are closed at once and do not delay the end."""
    running = serve()
    fresh, used, half = (running.client() for _ in range(3))
    used.send(get())
    assert used.response().status == 200
    half.send(b"GET / HTTP/1.1\r\n")
    settle(running)
    running.stop(grace_seconds=60)
    assert not running.thread.is_alive()
    assert all(client.is_closed() for client in (fresh, used, half))


def test_requests_that_the_loop_has_not_seen_are_answered(serve: Serve) -> None:
    """What waits in the sockets and at the listener when the end begins is answered."""
    entered, opened = Event(), Event()

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        if environ["PATH_INFO"] == "/wait":
            entered.set()
            assert opened.wait(10)
        return echo(environ, start_response)

    running = serve(application)
    known = running.client()
    known.send(get("/wait"))
    assert entered.wait(10)
    unseen = [running.client() for _ in range(50)]
    for client in unseen:
        client.send(get("/unseen"))
    known.send(get("/more"))
    running.server.shut_down(10)
    opened.set()
    assert known.response().body == b"GET /wait "
    assert {client.response().body for client in unseen} == {b"GET /unseen "}
    running.thread.join(10)
    assert not running.thread.is_alive()


def test_requests_sent_ahead_are_answered(serve: Serve) -> None:
    """Every request of a pipeline that has arrived is answered before the connection closes."""
    entered, opened = Event(), Event()

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        entered.set()
        assert opened.wait(10)
        return echo(environ, start_response)

    running = serve(application)
    client = running.client()
    client.send(get("/1") + get("/2") + get("/3"))
    assert entered.wait(10)
    running.server.shut_down(10)
    opened.set()
    assert [client.response().body for _ in range(3)] == [b"GET /1 ", b"GET /2 ", b"GET /3 "]
    assert client.is_closed()


def test_the_last_group_is_committed(serve: Serve) -> None:
    """A report that is under way when the server begins to stop is committed and answered."""
    entered, opened = Event(), Event()
    aside: list[bytes] = []
    committed: list[bytes] = []

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        aside.append(environ["wsgi.input"].read())
        group.join()
        entered.set()
        assert opened.wait(10)
        start_response("204 No Content", [])
        return []

    group = FakeGroup(lambda: committed.extend(aside))
    running = serve(application, group)
    client = running.client()
    client.send(post(b"last"))
    assert entered.wait(10)
    running.server.shut_down(10)
    opened.set()
    running.thread.join(10)
    assert committed == [b"last"]
    assert client.response().status == 204


def test_a_new_connection_is_refused_meanwhile(serve: Serve) -> None:
    """The listener closes first, while requests under way go on."""
    running = serve()
    client = running.client()
    client.send(HEAD)
    settle(running)
    waiting = running.client()
    settle(running)
    running.server.shut_down(10)
    assert waiting.is_closed()
    with pytest.raises(ConnectionRefusedError):
        running.client()
    client.send(b"hello")
    assert client.response().status == 200


def test_the_grace_has_an_end(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """A request that does not arrive within the grace is cut, and the log says how many."""
    running = serve()
    client = running.client()
    client.send(HEAD)
    settle(running)
    running.stop(grace_seconds=0.1)
    assert not running.thread.is_alive()
    assert client.is_closed()
    assert "1 connections were cut" in caplog.text


def test_a_server_may_be_shut_down_before_it_runs() -> None:
    """`run` returns at once when `shut_down` came first."""
    server = server_of()
    server.shut_down()
    thread = Thread(target=server.run)
    thread.start()
    thread.join(10)
    assert not thread.is_alive()


def test_a_signal_handler_may_shut_the_server_down() -> None:
    """A server that waits for clients in the main thread stops on a signal."""
    server = server_of()
    before = signal.signal(signal.SIGUSR1, lambda *_: server.shut_down())
    sender = Thread(target=os.kill, args=(os.getpid(), signal.SIGUSR1))
    try:
        sender.start()
        server.run()
    finally:
        sender.join(TIMEOUT_SECONDS)
        signal.signal(signal.SIGUSR1, before)


def test_a_second_call_may_shorten_the_grace(serve: Serve) -> None:
    """The latest grace counts, so that a second signal can end at once."""
    running = serve()
    running.client().send(HEAD)
    settle(running)
    running.server.shut_down(60)
    running.stop(grace_seconds=0)
    assert not running.thread.is_alive()
