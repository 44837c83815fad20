"""Which connection gives way when room, time or file descriptors are short."""

import math
import resource
import selectors
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import pytest

from collector.http import LARGE_BODY_BYTES, Limits
from collector.http.abuse_test import answered_in, server_process
from collector.http.conftest import (
    LOOPBACK,
    FakeGroup,
    ManualClock,
    RawClient,
    Running,
    Serve,
    connections_of,
    get,
    post,
)
from collector.http.connection import Connection, Listener
from collector.http.connections import QUIET_SECONDS
from collector.http.listener import listen
from collector.http.queues import BYTES_PER_TICK, SMALL_BYTES, STALLED_SECONDS, STEP_BYTES
from collector.http.request import Request

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

LARGE = 10 * STEP_BYTES
ROOM_FOR_ONE = Limits(large_body_bytes=10_000, large_body_memory_bytes=LARGE)


class Uploads:
    """Connections without a loop, to which a test sends bodies piece by piece."""

    def __init__(self, resources: ExitStack) -> None:
        self._selector = resources.enter_context(selectors.DefaultSelector())
        self._listener = resources.enter_context(closing(Listener(listen(LOOPBACK, 0))))
        self._resources = resources
        self.connections = resources.enter_context(
            closing(connections_of(self._selector, ROOM_FOR_ONE))
        )
        self.now = 0.0

    def begin(self) -> tuple[Connection, RawClient]:
        """Connect, and announce a large body."""
        client = self._resources.enter_context(closing(RawClient(self._listener.address)))
        before = set(self._connections())
        while not (new := set(self._connections()) - before):
            self.connections.accept(self._listener, self.now)
        client.send(post(b"x" * LARGE)[:-LARGE])
        (connection,) = new
        while not connection.request.headers_finished:
            self._step()
        client.socket.setblocking(False)
        return connection, client

    def send(self, upload: tuple[Connection, RawClient], size: int) -> None:
        """Send so much more of a body, and let all of it be read, or the body be refused."""
        connection, client = upload
        unsent, whole = size, connection.request.body_size + size
        while connection.request.body_size < whole and connection.request.error_response is None:
            with suppress(BlockingIOError):
                unsent -= client.socket.send(b"x" * unsent) if unsent else 0
            # Not when the selector says so: it keeps quiet about a rest that is not worth reading.
            self.connections.handle_event(connection, self.now)

    def _connections(self) -> Iterator[Connection]:
        return (key.data for key in self._selector.get_map().values())

    def _step(self) -> None:
        for key, _ in self._selector.select(timeout=1):
            self.connections.handle_event(key.data, self.now)


@pytest.fixture
def uploads() -> Iterator[Uploads]:
    """Bodies of which one fits into memory at a time."""
    with ExitStack() as resources:
        yield Uploads(resources)


def status(upload: tuple[Connection, RawClient]) -> str | None:
    """Return the status that ends an upload, None where it goes on."""
    response = upload[0].request.error_response
    return None if response is None else response.status[:3]


def test_a_stalled_upload_gives_its_room_to_the_next(uploads: Uploads) -> None:
    """A large body that stalls for a second is refused when another needs the room."""
    stalled, next_one = uploads.begin(), uploads.begin()
    uploads.send(stalled, LARGE - 1)
    uploads.now += STALLED_SECONDS
    uploads.send(next_one, 5 * STEP_BYTES)
    assert (status(stalled), status(next_one)) == ("408", None)
    assert uploads.connections.ready.take() == [stalled[0]]


def test_without_need_nobody_gives_way(uploads: Uploads) -> None:
    """Where there is room for both, a slow upload has until its deadline."""
    stalled, next_one = uploads.begin(), uploads.begin()
    uploads.send(stalled, 4 * STEP_BYTES)
    uploads.now += 20 * STALLED_SECONDS
    uploads.send(next_one, 5 * STEP_BYTES)
    assert (status(stalled), status(next_one)) == (None, None)


def test_an_upload_that_goes_on_keeps_its_room(uploads: Uploads) -> None:
    """A client that sends a step a second keeps its room, and the next is asked to come again."""
    slow, next_one = uploads.begin(), uploads.begin()
    for _ in range(7):
        uploads.send(slow, STEP_BYTES)
        uploads.now += 0.9 * STALLED_SECONDS
    uploads.send(next_one, 5 * STEP_BYTES)
    assert (status(slow), status(next_one)) == (None, "503")


def test_a_slow_upload_gives_way(uploads: Uploads) -> None:
    """Less than a step a second is stalled, though bytes come."""
    slow, next_one = uploads.begin(), uploads.begin()
    uploads.send(slow, 6 * STEP_BYTES)
    uploads.now += 0.1 * STALLED_SECONDS
    uploads.send(slow, STEP_BYTES)
    for _ in range(4):
        uploads.now += STALLED_SECONDS / 3
        uploads.send(slow, STEP_BYTES // 5)
    uploads.send(next_one, 5 * STEP_BYTES)
    assert (status(slow), status(next_one)) == ("408", None)


def has_read_what_was_sent(running: Running) -> bool:
    """Whether a request that was sent later is answered."""
    client = running.client()
    client.send(get("/healthz"))
    return client.response().status == 200


def order_of_answers(serve: Serve, limits: Limits, sent: dict[str, bytes]) -> list[str]:
    """Return in which order, and in which ticks (`|`), requests are answered that arrive at once.

    What a body costs is the number that it holds.
    """
    order: list[str] = []
    entered, opened = Event(), Event()

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        order.append(environ["PATH_INFO"][1:])
        if environ["PATH_INFO"] not in {"/", "/wait"}:
            group.join()
        if environ["PATH_INFO"] == "/wait":
            entered.set()
            assert opened.wait(10)
        start_response("204 No Content", [])
        return []

    def cost_of(request: Request) -> int:
        return int(request.read_body() or b"0")

    group = FakeGroup(lambda: order.append("|"))
    running = serve(application, group, limits=limits, cost_of=cost_of)
    clients = [running.client() for _ in sent]
    for client in clients:
        client.send(get("/"))
        assert client.response().status == 204
    waiting = running.client()
    waiting.send(get("/wait"))
    assert entered.wait(10)
    order.clear()
    for client, (name, cost) in zip(clients, sent.items(), strict=True):
        client.send(post(cost, target=f"/{name}"))
    opened.set()
    assert waiting.response().status == 204
    for client in clients:
        assert client.response().status == 204
    return order


def test_what_is_costly_is_answered_last(serve: Serve) -> None:
    """A short body that costs as much as a large one is answered as one: one a tick, after all."""
    large = b"%d" % (LARGE_BODY_BYTES + 1)
    sent = {"a": large, "b": b"9999999", "c": b"%d" % LARGE_BODY_BYTES, "d": b"0"}
    order = order_of_answers(serve, Limits(), sent)
    assert order == ["d", "c", "|", "a", "|", "b", "|"]


def test_what_is_small_is_answered_first(serve: Serve) -> None:
    """However many bodies of a middling cost came before it, a small one waits for none of them."""
    half, more = b"%d" % ((BYTES_PER_TICK - SMALL_BYTES) // 2), b"%d" % SMALL_BYTES
    limits = Limits(large_body_bytes=BYTES_PER_TICK)
    order = order_of_answers(serve, limits, {"a": half, "b": half, "c": half, "d": more})
    assert order == ["d", "a", "b", "|", "c", "|"]


@pytest.mark.parametrize("deadline", [math.inf, 1e20, 1e308])
def test_a_deadline_without_end_does_not_end_the_server(serve: Serve, deadline: float) -> None:
    """Half a request waits, others are answered, and the other half is."""
    running = serve(
        limits=Limits(
            request_deadline_seconds=deadline,
            response_deadline_seconds=deadline,
            idle_seconds=deadline,
        )
    )
    client = running.client()
    client.send(post(b"hello")[:-1])
    assert has_read_what_was_sent(running)
    client.send(b"o")
    assert client.response().body == b"POST / hello"


@pytest.mark.parametrize("grace", [math.inf, 1e20, 1e308])
def test_a_grace_without_end_is_no_wait_without_end(serve: Serve, grace: float) -> None:
    """The server stops once the last request is answered, not when the grace is over."""
    running = serve()
    client = running.client()
    client.send(post(b"hello")[:-1])
    assert has_read_what_was_sent(running)
    running.server.shut_down(grace)
    client.send(b"o")
    assert client.response().status == 200
    running.thread.join(10)
    assert not running.thread.is_alive()


def test_evictions_are_told_when_they_begin_and_when_they_are_over(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    """However many connections make room for others, there are two lines, one with their count."""
    clock = ManualClock()
    running = serve(clock=clock, limits=Limits(connection_limit=2))
    for _ in range(50):
        assert has_read_what_was_sent(running)
    client = running.client()
    for _ in range(2):
        client.send(get())
        assert client.response().status == 200
        clock.now += QUIET_SECONDS
    assert [record.getMessage() for record in caplog.records] == [
        "2 connections are open: closing the one that has waited longest for each new one",
        "49 connections were closed to make room; no more are",
    ]


def test_without_any_descriptor_the_server_rests_and_recovers() -> None:
    """Where not one connection can be opened, the loop waits and does not spin; then it serves."""
    with server_process() as (address, pid), ExitStack() as waiting:
        assert answered_in(address, pid) < 1
        _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, 4096))
        client = waiting.enter_context(closing(RawClient(address)))
        client.send(get("/healthz"))
        before = processor_seconds(pid)
        time.sleep(1)  # no condition to wait for: this is the second that is measured
        assert processor_seconds(pid) - before < 0.5
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (hard, hard))
        assert client.response().status == 200


def processor_seconds(pid: int) -> float:
    """Return what a process has used of the processor."""
    return int(Path(f"/proc/{pid}/schedstat").read_text("ascii").split()[0]) / 1e9


def test_the_first_read_of_a_new_connection_is_not_lost(serve: Serve) -> None:
    """A client that sends and closes its half at once is answered."""
    client = serve().client()
    client.send(get())
    client.socket.shutdown(socket.SHUT_WR)
    assert client.response().status == 200
