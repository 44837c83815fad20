"""What a client sees of the server, and when the server commits."""

import logging
import socket
from threading import Event
from typing import TYPE_CHECKING

import pytest

from collector.http.conftest import Serve, echo, get, post, unavailable
from collector.http.gateway import AWAITS_COMMIT
from collector.http.limits import ServerSettings
from collector.http.server import Server

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment


class Store:
    """An application that puts bodies aside, and the commit that keeps them."""

    def __init__(self, *, fails: bool = False) -> None:
        self.aside: list[bytes] = []
        self.commits: list[list[bytes]] = []
        self._fails = fails

    def application(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> list[bytes]:
        """Put the body of a POST aside; answer anything else at once."""
        if environ["REQUEST_METHOD"] != "POST":
            return echo(environ, start_response)
        self.aside.append(environ["wsgi.input"].read())
        environ[AWAITS_COMMIT] = True
        start_response("204 No Content", [])
        return []

    def committed(self) -> list[bytes]:
        """All bodies that were committed."""
        return [body for group in self.commits for body in group]

    def commit(self) -> None:
        """Keep what was put aside, or fail."""
        group, self.aside = self.aside, []
        if self._fails:
            raise OSError(28, "No space left on device")
        self.commits.append(group)


class Gate:
    """An application whose path /wait answers when the test says so."""

    def __init__(self, then: Store) -> None:
        self.entered = Event()
        self.opened = Event()
        self._then = then

    def application(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> list[bytes]:
        """Hold the whole loop for /wait, so that other requests gather meanwhile."""
        if environ["PATH_INFO"] == "/wait":
            self.entered.set()
            assert self.opened.wait(10)
        return self._then.application(environ, start_response)


def test_a_request_is_answered(serve: Serve) -> None:
    """Method, path and body reach the application and its answer reaches the client."""
    client = serve().client()
    client.send(post(b"hello", target="/a%20b"))
    seen = client.answer()
    assert (seen.status, seen.body) == (200, b"POST /a b hello")


def test_the_date_is_the_wall_clocks(serve: Serve) -> None:
    """Date is the time of the answer, as RFC 9110 writes it."""
    client = serve(wall_clock=lambda: 784_111_777.9).client()
    client.send(get())
    assert client.answer().headers["date"] == "Sun, 06 Nov 1994 08:49:37 GMT"


def test_a_204_keeps_the_connection(serve: Serve) -> None:
    """An answer without content has no Content-Length, and another request follows on it."""
    store = Store()
    client = serve(store.application, commit=store.commit).client()
    for _ in range(3):
        client.send(post(b"x"))
        seen = client.answer()
        assert seen.status == 204
        assert "content-length" not in seen.headers
        assert "connection" not in seen.headers


def test_the_answer_follows_the_commit(serve: Serve) -> None:
    """Whatever is answered with 204 was committed before."""
    store = Store()
    client = serve(store.application, commit=store.commit).client()
    for number in range(5):
        client.send(post(b"%d" % number))
        assert client.answer().status == 204
        assert store.committed() == [b"%d" % n for n in range(number + 1)]


def test_requests_of_a_tick_share_a_commit(serve: Serve) -> None:
    """All requests that are ready at the same moment are committed at once."""
    store = Store()
    gate = Gate(store)
    running = serve(gate.application, commit=store.commit)
    first = running.client()
    first.send(get("/wait"))
    assert gate.entered.wait(10)
    clients = [running.client() for _ in range(20)]
    for number, client in enumerate(clients):
        client.send(post(b"%d" % number))
    gate.opened.set()
    assert {client.answer().status for client in clients} == {204}
    assert sorted(store.committed()) == sorted(b"%d" % number for number in range(20))
    assert len(store.commits) == 1


def test_a_failed_commit_answers_all_that_awaited_it(serve: Serve) -> None:
    """When the commit raises, every answer that awaited it is replaced and no other."""
    store = Store(fails=True)
    running = serve(store.application, commit=store.commit)
    client = running.client()
    client.send(post(b"x"))
    seen = client.answer()
    assert (seen.status, seen.headers["retry-after"], seen.body) == (503, "1", b"not stored")
    client.send(get("/healthz"))
    assert client.answer().body == b"GET /healthz "


def test_nothing_is_committed_when_nothing_awaits_it(serve: Serve) -> None:
    """A tick whose answers do not await a commit makes none."""
    store = Store()
    client = serve(store.application, commit=store.commit).client()
    client.send(get())
    assert client.answer().status == 200
    assert store.commits == []


def test_an_answer_that_awaits_nothing_is_sent_before_the_commit(serve: Serve) -> None:
    """While a commit takes its time, the other answers of the tick are out already."""
    store, committing, go_on = Store(), Event(), Event()

    def commit() -> None:
        committing.set()
        assert go_on.wait(10)
        store.commit()

    gate = Gate(store)
    running = serve(gate.application, commit=commit)
    running.client().send(get("/wait"))
    assert gate.entered.wait(10)
    poster, getter = running.client(), running.client()
    poster.send(post(b"x"))
    getter.send(get())
    gate.opened.set()
    assert committing.wait(10)
    assert getter.answer().status == 200
    assert store.commits == []
    go_on.set()
    assert poster.answer().status == 204


def test_pipelined_requests_are_answered_in_order(serve: Serve) -> None:
    """Requests sent ahead are answered in their order, whether they await a commit or not."""
    store = Store()
    client = serve(store.application, commit=store.commit).client()
    client.send(post(b"1") + get("/2") + post(b"3") + get("/4"))
    answers = [client.answer() for _ in range(4)]
    assert [(seen.status, seen.body) for seen in answers] == [
        (204, b""),
        (200, b"GET /2 "),
        (204, b""),
        (200, b"GET /4 "),
    ]


def test_a_body_in_chunks_is_taken(serve: Serve) -> None:
    """A chunked body reaches the application whole."""
    client = serve().client()
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
    client.send(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    assert client.answer().body == b"POST / abcde"


def test_blank_lines_before_a_request_are_skipped(serve: Serve) -> None:
    """However many line breaks come first, the request is answered (RFC 9112, 2.2)."""
    client = serve().client()
    for blank in (b"\r\n", b"\r\n\r\n", b"\r\n\r\n\r\n"):
        client.send(blank + get())
        assert client.answer().status == 200


def test_http_1_0_is_closed_after_its_answer(serve: Serve) -> None:
    """An HTTP/1.0 client reads its answer to the end of the connection."""
    client = serve().client()
    client.send(get(version="1.0"))
    seen = client.answer()
    assert (seen.status, seen.headers["connection"]) == (200, "close")
    assert client.is_closed()


def test_http_1_0_may_keep_the_connection(serve: Serve) -> None:
    """An HTTP/1.0 client that asks for it sends its next request on the same connection."""
    client = serve().client()
    for _ in range(2):
        client.send(get("/", "Connection: keep-alive", version="1.0"))
        assert client.answer().headers["connection"] == "keep-alive"


def test_a_client_may_ask_to_close(serve: Serve) -> None:
    """`Connection: close` is granted and said."""
    client = serve().client()
    client.send(post(b"", close=True))
    assert client.answer().headers["connection"] == "close"
    assert client.is_closed()


def test_head_is_answered_with_the_length_alone(serve: Serve) -> None:
    """HEAD gives the length that GET would send, no body, and keeps the connection."""
    client = serve().client()
    client.send(get("/", method="HEAD") + get())
    assert client.answer(to_head=True).headers["content-length"] == "7"
    assert client.answer().body == b"GET / "


def test_a_client_is_told_to_continue(serve: Serve) -> None:
    """`Expect: 100-continue` is answered with 100 before the body is sent."""
    client = serve().client()
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
    assert client.answer().status == 100
    client.send(b"hi")
    assert client.answer().body == b"POST / hi"


def test_an_application_that_raises_is_answered_500(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the client nor the log gets the message, which may quote the payload."""

    def broken(environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        environ[AWAITS_COMMIT] = True
        start_response("204 No Content", [])
        raise KeyError(environ["wsgi.input"].read().decode())

    client = serve(broken).client()
    client.send(post(b"secret-payload"))
    seen = client.answer()
    assert (seen.status, seen.headers["content-type"]) == (500, "text/plain; charset=utf-8")
    assert b"secret" not in seen.body
    assert b"Traceback" not in seen.body
    assert "KeyError" in caplog.text
    assert "in broken" in caplog.text
    assert "secret-payload" not in caplog.text
    client.send(post(b"again"))
    assert client.answer().status == 500


def test_a_client_that_vanishes_hurts_nobody(serve: Serve) -> None:
    """Clients that hang up in the middle of a request or an answer leave the others alone."""

    def long(_: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        start_response("200 OK", [])
        return [b"x" * 20_000_000]

    running = serve(long)
    for request in (get(), b"GET / HT", post(b"x" * 100)[:-50]):
        client = running.client()
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.send(request)
        client.close()
    client = running.client()
    client.send(get())
    assert len(client.answer().body) == 20_000_000


def test_an_answer_beyond_the_socket_is_sent_as_the_client_reads(serve: Serve) -> None:
    """A long answer holds up nobody else, and what was sent ahead is answered after it."""

    def long(environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        start_response("200 OK", [])
        return [b"x" * (20_000_000 if environ["PATH_INFO"] == "/long" else 1)]

    running = serve(long)
    slow, other = running.client(), running.client()
    slow.send(get("/long") + get("/short"))
    other.send(get("/short"))
    assert other.answer().body == b"x"
    assert len(slow.answer().body) == 20_000_000
    assert slow.answer().body == b"x"
    slow.send(get("/short"))
    assert slow.answer().body == b"x"


def test_a_client_that_sends_no_more_is_still_answered(serve: Serve) -> None:
    """A client may close its half of the connection once its request is sent."""
    client = serve().client()
    client.send(post(b"hi"))
    client.socket.shutdown(socket.SHUT_WR)
    assert client.answer().body == b"POST / hi"


def test_the_log_holds_no_address(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """Serving, refusing and failing write no client address."""
    caplog.set_level(logging.DEBUG)
    running = serve(lambda *_: [])  # never calls start_response: a broken application
    for request in (get(), b"nonsense\r\n\r\n"):
        client = running.client()
        client.send(request)
        assert client.answer().status in {400, 500}
    assert "RuntimeError" in caplog.text
    assert "127.0.0.1" not in caplog.text


def test_the_address_is_the_one_that_was_bound(serve: Serve) -> None:
    """With port 0 the address tells the port that the system chose."""
    host, port = serve().server.address
    assert host == "127.0.0.1"
    assert port > 0


def test_a_port_in_use_is_an_error(serve: Serve) -> None:
    """A server that cannot listen raises when it is made."""
    _, port = serve().server.address
    with pytest.raises(OSError, match="in use"):
        Server(
            echo,
            commit=lambda: None,
            commit_failed=unavailable,
            settings=ServerSettings(port=port),
        )


def test_many_clients_lose_nothing(serve: Serve) -> None:
    """Reports of many clients at once are each answered once and committed once."""
    store = Store()
    running = serve(store.application, commit=store.commit)
    clients = [running.client() for _ in range(100)]
    for turn in range(10):
        for number, client in enumerate(clients):
            client.send(post(b"%d-%d" % (turn, number)))
        assert {client.answer().status for client in clients} == {204}
    assert sorted(store.committed()) == sorted(
        b"%d-%d" % (t, n) for t in range(10) for n in range(100)
    )
