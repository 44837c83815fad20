"""When the server commits, and what it answers then."""

from threading import Event
from typing import TYPE_CHECKING

from collector.http.conftest import UNAVAILABLE, FakeGroup, Serve, echo, get, post
from collector.http.response import Response

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment


class Store:
    """An application that puts bodies aside, and the group that keeps them."""

    def __init__(self, *, fails: bool = False) -> None:
        self.aside: list[bytes] = []
        self.commits: list[list[bytes]] = []
        self.group = FakeGroup(self.commit)
        self._fails = fails

    def application(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> list[bytes]:
        """Put the body of a POST aside; respond to anything else at once."""
        if environ["REQUEST_METHOD"] != "POST":
            return echo(environ, start_response)
        self.aside.append(environ["wsgi.input"].read())
        self.group.join()
        start_response("204 No Content", [])
        return []

    def committed(self) -> list[bytes]:
        """All bodies that were committed."""
        return [body for group in self.commits for body in group]

    def commit(self) -> Response | None:
        """Keep what was put aside, or fail."""
        group, self.aside = self.aside, []
        if self._fails:
            return UNAVAILABLE
        self.commits.append(group)
        return None


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


def test_a_204_keeps_the_connection(serve: Serve) -> None:
    """A response without content has no Content-Length, and another request follows on it."""
    store = Store()
    client = serve(store.application, store.group).client()
    for _ in range(3):
        client.send(post(b"x"))
        seen = client.response()
        assert seen.status == 204
        assert "content-length" not in seen.headers
        assert "connection" not in seen.headers


def test_the_response_follows_the_commit(serve: Serve) -> None:
    """Whatever is answered with 204 was committed before."""
    store = Store()
    client = serve(store.application, store.group).client()
    for number in range(5):
        client.send(post(b"%d" % number))
        assert client.response().status == 204
        assert store.committed() == [b"%d" % n for n in range(number + 1)]


def test_requests_of_a_tick_share_a_commit(serve: Serve) -> None:
    """All requests that are ready at the same moment are committed at once."""
    store = Store()
    gate = Gate(store)
    running = serve(gate.application, store.group)
    first = running.client()
    first.send(get("/wait"))
    assert gate.entered.wait(10)
    clients = [running.client() for _ in range(20)]
    for number, client in enumerate(clients):
        client.send(post(b"%d" % number))
    gate.opened.set()
    assert {client.response().status for client in clients} == {204}
    assert sorted(store.committed()) == sorted(b"%d" % number for number in range(20))
    assert len(store.commits) == 1


def test_a_failed_commit_answers_all_that_joined(serve: Serve) -> None:
    """When the commit fails, every response that awaited it is replaced and no other."""
    store = Store(fails=True)
    running = serve(store.application, store.group)
    client = running.client()
    client.send(post(b"x"))
    seen = client.response()
    assert (seen.status, seen.headers["retry-after"], seen.body) == (503, "1", b"not stored")
    client.send(get("/healthz"))
    assert client.response().body == b"GET /healthz "


def test_what_joined_is_committed_though_the_application_raises(serve: Serve) -> None:
    """What a request put aside before a fault is not left to the commit of a later tick."""
    store = Store()

    def broken(environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        store.application(environ, start_response)
        raise LookupError

    client = serve(broken, store.group).client()
    client.send(post(b"x"))
    assert client.response().status == 500
    assert store.committed() == [b"x"]


def test_nothing_is_committed_when_nobody_joined(serve: Serve) -> None:
    """A tick in which nobody joined the group makes no commit."""
    store = Store()
    client = serve(store.application, store.group).client()
    client.send(get())
    assert client.response().status == 200
    assert store.commits == []


def test_a_response_that_awaits_nothing_is_sent_before_the_commit(serve: Serve) -> None:
    """While a commit takes its time, the other responses of the tick are out already."""
    store, committing, go_on = Store(), Event(), Event()

    def commit() -> Response | None:
        committing.set()
        assert go_on.wait(10)
        return store.commit()

    store.group.commits = commit
    gate = Gate(store)
    running = serve(gate.application, store.group)
    running.client().send(get("/wait"))
    assert gate.entered.wait(10)
    poster, getter = running.client(), running.client()
    poster.send(post(b"x"))
    getter.send(get())
    gate.opened.set()
    assert committing.wait(10)
    assert getter.response().status == 200
    assert store.commits == []
    go_on.set()
    assert poster.response().status == 204


def test_pipelined_requests_are_answered_in_order(serve: Serve) -> None:
    """Requests sent ahead are answered in their order, whether they await a commit or not."""
    store = Store()
    client = serve(store.application, store.group).client()
    client.send(post(b"1") + get("/2") + post(b"3") + get("/4"))
    answers = [client.response() for _ in range(4)]
    assert [(seen.status, seen.body) for seen in answers] == [
        (204, b""),
        (200, b"GET /2 "),
        (204, b""),
        (200, b"GET /4 "),
    ]


def test_many_clients_lose_nothing(serve: Serve) -> None:
    """Reports of many clients at once are each answered once and committed once."""
    store = Store()
    running = serve(store.application, store.group)
    clients = [running.client() for _ in range(100)]
    for time in range(10):
        for number, client in enumerate(clients):
            client.send(post(b"%d-%d" % (time, number)))
        assert {client.response().status for client in clients} == {204}
    assert sorted(store.committed()) == sorted(
        b"%d-%d" % (t, n) for t in range(10) for n in range(100)
    )
