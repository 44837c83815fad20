"""What the server does to clients that ask for too much or take too long."""

import socket
from contextlib import suppress
from threading import Event
from typing import TYPE_CHECKING

import pytest

from collector.http import Limits
from collector.http.conftest import ManualClock, RawClient, Running, Serve, echo, get, post
from collector.http.connections import LINGER_SECONDS

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

HEAD = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n"
AWAITED_HEAD = HEAD.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n")


def answers_healthz(running: Running) -> bool:
    """Whether a new client is answered."""
    client = running.client()
    client.send(get("/healthz"))
    return client.response().body == b"GET /healthz "


@pytest.mark.parametrize("begun", [b"G", b"GET / HTTP/1.1\r\nHost: a\r\n", HEAD, HEAD + b"part"])
def test_a_request_has_a_deadline(serve: Serve, begun: bytes) -> None:
    """A request that has not arrived when its time is up is answered 408 and closed."""
    client = serve(limits=Limits(request_deadline_seconds=0.2)).client()
    client.send(begun)
    seen = client.response()
    assert (seen.status, seen.headers["connection"]) == (408, "close")
    assert client.is_closed()


def test_the_deadline_counts_from_the_first_byte(serve: Serve) -> None:
    """A client that goes on sending a byte at a time is cut off all the same."""
    client = serve(limits=Limits(request_deadline_seconds=0.3)).client()
    client.send(HEAD)
    client.socket.settimeout(0.05)
    status_line = b""
    for _ in range(90):  # 4.5 seconds at a byte every 50 ms, were there no deadline
        client.send(b"x")
        with suppress(TimeoutError):
            status_line = client.socket.recv(12)
            break
    assert status_line == b"HTTP/1.1 408"


def test_each_request_has_its_own_deadline(serve: Serve) -> None:
    """The time that earlier requests and pauses took does not count against the next."""
    clock = ManualClock()
    client = serve(clock=clock).client()
    for _ in range(4):
        client.send(HEAD)
        client.send(b"x" * 100)
        assert client.response().status == 200
        clock.now += 29  # the deadline is 30 seconds


def test_an_idle_connection_is_closed(serve: Serve) -> None:
    """A connection without a request is closed without a word when its time is up."""
    running = serve(limits=Limits(idle_seconds=0.2))
    fresh, used = running.client(), running.client()
    used.send(get())
    assert used.response().status == 200
    assert used.is_closed()
    assert fresh.is_closed()


def test_blank_lines_do_not_keep_a_connection_open(serve: Serve) -> None:
    """A client that sends nothing but blank lines is idle."""
    client = serve(limits=Limits(idle_seconds=0.3)).client()
    client.socket.settimeout(0.05)
    ended = False
    for _ in range(90):
        try:
            client.send(b"\r\n\r\n")
            ended = client.socket.recv(1) == b""
        except TimeoutError:
            continue
        except ConnectionError:
            ended = True
        break
    assert ended


def test_a_client_that_does_not_read_its_answer_is_closed(serve: Serve) -> None:
    """A response that does not go out in time ends the connection."""

    def long(environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        if environ["PATH_INFO"] != "/long":
            return echo(environ, start_response)
        start_response("200 OK", [])
        return [b"x" * 50_000_000]

    clock = ManualClock()
    running = serve(long, clock=clock)
    client = running.client()
    client.send(get("/long"))
    assert answers_healthz(running)
    clock.now += 31  # the deadline is 30 seconds
    assert answers_healthz(running)
    # What the sockets hold is still there to read, and then the end.
    received = 0
    while data := client.socket.recv(1 << 20):
        received += len(data)
    assert received < 50_000_000


def test_at_the_limit_the_one_that_waited_longest_makes_room(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    """One connection more closes the oldest that is unfinished, and serving goes on."""
    clock = ManualClock()
    running = serve(clock=clock, limits=Limits(connection_limit=3))
    oldest, second, third = clients = [running.client() for _ in range(3)]
    for client in clients:
        client.send(AWAITED_HEAD)
        assert client.response().status == 100  # so the server has read it
        clock.now += 1
    assert answers_healthz(running)
    assert oldest.is_closed()
    for client in (second, third):
        assert_is_open(client)
    assert "3 connections are open" in caplog.text
    assert "127.0.0.1" not in caplog.text


def assert_is_open(client: RawClient) -> None:
    """Fail when the server has closed the connection."""
    client.socket.setblocking(False)
    with pytest.raises(BlockingIOError):
        client.socket.recv(1)
    client.socket.settimeout(10)


def test_half_sent_requests_do_not_stop_others(serve: Serve) -> None:
    """With more half-sent requests than connections allowed, a new client is answered."""
    running = serve(limits=Limits(connection_limit=100))
    for _ in range(300):
        running.client().send(HEAD)
    assert answers_healthz(running)


def test_every_waiting_connection_is_accepted(serve: Serve) -> None:
    """Many that connect at once are served, though they came within one tick."""
    running = serve()
    clients = [running.client() for _ in range(400)]
    for client in clients:
        client.send(get())
    assert {client.response().status for client in clients} == {200}


@pytest.mark.parametrize("framing", ["Content-Length: 100000000", "Transfer-Encoding: chunked"])
def test_a_body_too_long_is_refused_unread(serve: Serve, framing: str) -> None:
    """A client that sends 100 MB gets 413 and the end of the connection, not its say."""
    client = serve(limits=Limits(max_body_bytes=100_000)).client()
    client.send(f"POST / HTTP/1.1\r\nHost: a\r\n{framing}\r\n\r\n".encode())
    chunk = b"ffff\r\n" + b"x" * 0xFFFF + b"\r\n"
    client.socket.settimeout(10)
    assert sent_until_cut(client, chunk, at_most=100_000_000) < 50_000_000


def sent_until_cut(client: RawClient, chunk: bytes, *, at_most: int) -> int:
    """How many bytes the server lets a client send before it ends the connection."""
    sent = 0
    try:
        while sent < at_most:
            sent += client.socket.send(chunk)
    except ConnectionError:
        return sent
    return sent


def test_the_client_can_read_why_it_was_refused(serve: Serve) -> None:
    """The response to a body too long is not lost to a reset while the client still sends."""
    client = serve(limits=Limits(max_body_bytes=100_000)).client()
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\n")
    client.send(b"x" * 5_000_000)
    seen = client.response()
    assert (seen.status, seen.headers["connection"]) == (413, "close")
    assert b"at most 100000 bytes" in seen.body
    assert client.is_closed()


def test_large_bodies_share_a_bound(serve: Serve) -> None:
    """The large body for which no memory is left is answered 503; small ones are not."""
    limits = Limits(large_body_bytes=10_000, large_body_memory_bytes=100_000)
    running = serve(limits=limits)
    first, second = running.client(), running.client()
    first.send(post(b"x" * 90_001)[:-1])
    # The first is read before the second, for a request that follows it has been answered.
    assert answers_healthz(running)
    second.send(post(b"x" * 50_000))
    seen = second.response()
    assert (seen.status, seen.headers["retry-after"]) == (503, "5")
    assert answers_healthz(running)
    first.send(b"x")
    assert first.response().status == 200
    third = running.client()
    third.send(post(b"x" * 90_000))
    assert third.response().status == 200


def test_a_body_that_is_abandoned_gives_its_room_back(serve: Serve) -> None:
    """A client that disconnects in the middle of a large body leaves room for another."""
    limits = Limits(large_body_bytes=10_000, large_body_memory_bytes=100_000)
    running = serve(limits=limits)
    client = running.client()
    client.send(post(b"x" * 90_000)[:-1])
    assert answers_healthz(running)
    client.close()
    # The end of the first is read before the second, for it arrived before.
    second = running.client()
    second.send(post(b"x" * 90_000))
    assert second.response().status == 200


def test_a_small_request_waits_for_one_large_at_most(serve: Serve) -> None:
    """While several large requests are ready, a small one comes after the next of them."""
    order: list[str] = []
    entered = {"/wait": Event(), "/large": Event()}
    opened = {"/wait": Event(), "/large": Event()}

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        path = environ["PATH_INFO"]
        order.append(path)
        if path in entered:
            entered[path].set()
            assert opened[path].wait(10)
        start_response("204 No Content", [])
        return []

    running = serve(application, limits=Limits(large_body_bytes=10))
    waiting, small, *large = clients = [running.client() for _ in range(5)]
    for client in clients:  # so that all are accepted
        client.send(get("/"))
        assert client.response().status == 204
    order.clear()
    waiting.send(get("/wait"))
    assert entered["/wait"].wait(10)
    for client in large:
        client.send(post(b"x" * 11, target="/large"))
    opened["/wait"].set()
    assert entered["/large"].wait(10)
    small.send(get("/small"))
    opened["/large"].set()
    for client in clients:
        assert client.response().status == 204
    assert order == ["/wait", "/large", "/small", "/large", "/large"]


def test_a_refused_client_that_stays_is_closed(serve: Serve) -> None:
    """After a refusal the server reads on for a moment, and then no more."""
    clock = ManualClock()
    running = serve(clock=clock, limits=Limits(max_body_bytes=10))
    client = running.client()
    client.send(post(b"x" * 11))
    assert client.response().status == 413
    assert client.is_closed()
    clock.now += LINGER_SECONDS
    assert answers_healthz(running)
    assert sent_until_cut(client, b"x", at_most=10_000) < 10_000


def test_an_ipv6_address_is_served(serve: Serve) -> None:
    """A host with colons is an IPv6 address."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    assert answers_healthz(serve(host="::1"))
