"""Another collector as a warehouse, over real HTTP."""

import contextlib
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from socket import socket

import pytest

from collector.errors import WarehouseUnavailable
from collector.warehouse.dead_letters import DEAD_LETTERS_FILE, DeadLetters
from collector.warehouse.relay import OtherCollector
from collector.warehouse.relay.warehouse import RelayWarehouse
from collector.warehouse.testing import HOUR, WORKLOADS, batch_of, dead_letters_in, keys_of, spooled
from tools.fake_server import FakeHandler, FakeServer, serving

CONNECTIONS = 4
DISCONNECT = 0


@dataclass(frozen=True)
class Post:
    """A post as the other collector sees it. `nth` counts those with this key from 1."""

    path: str
    key: str
    content_type: str
    body: bytes
    nth: int


@dataclass
class Receiver:
    """What another collector answers: a status for each post, and what it saw."""

    choose: Callable[[Post], int]
    url: str = ""
    retry_after: str = "0"
    posts: list[Post] = field(default_factory=list)
    connections: set[int] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, path: str, key: str, content_type: str, body: bytes, port: int) -> int:
        """Record a post from the client's `port`, and return the status to answer."""
        with self.lock:
            nth = 1 + sum(post.key == key for post in self.posts)
            post = Post(path, key, content_type, body, nth)
            self.posts.append(post)
            self.connections.add(port)
            return self.choose(post)


class _Handler(FakeHandler):
    def __init__(
        self,
        other: Receiver,
        connection: socket,
        client_address: tuple[str, int],
        server: FakeServer,
    ) -> None:
        self._other = other
        super().__init__(connection, client_address, server)

    def do_POST(self) -> None:
        """Answer a report."""
        headers = (self.headers["Idempotency-Key"], self.headers["Content-Type"])
        status = self._other.take(self.path, *headers, self.read_body(), self.client_address[1])
        if status == DISCONNECT:
            self.close_connection = True
            return
        if status == 204:
            self.send_head(status, {}, length=None)
            return
        answer = b'{"detail":"the rule"}'
        again = {"Retry-After": self._other.retry_after} if status in {429, 503} else {}
        self.send_head(status, {**again, "Location": "/elsewhere"}, length=len(answer))
        self.wfile.write(answer)


@contextmanager
def _collector(choose: Callable[[Post], int] = lambda _: 204) -> Iterator[Receiver]:
    other = Receiver(choose)
    server = FakeServer("127.0.0.1", 0, partial(_Handler, other))
    other.url = f"http://127.0.0.1:{server.server_address[1]}"
    with serving(server):
        yield other


@contextmanager
def _relay(url: str, data_dir: Path) -> Iterator[RelayWarehouse]:
    letters = DeadLetters(data_dir / DEAD_LETTERS_FILE, clock=lambda: HOUR)
    relay = RelayWarehouse(
        OtherCollector.parse(url),
        dead_letters=letters,
        connections=CONNECTIONS,
        call_seconds=1.0,
    )
    with closing(relay):
        yield relay


def test_each_report_is_posted_once_with_its_key(tmp_path: Path) -> None:
    """Reports arrive as they are, under their keys, below the base path, on few connections."""
    reports = [spooled(number, workloads=WORKLOADS) for number in range(50)]
    with _collector() as other, _relay(f"{other.url}/base/", tmp_path) as relay:
        relay.write(batch_of(reports))
        relay.write(batch_of([spooled(50)]))
    assert Counter(post.key for post in other.posts) == Counter(keys_of([*reports, spooled(50)]))
    assert {post.path for post in other.posts} == {"/base/api/v1"}
    assert {post.content_type for post in other.posts} == {"application/json"}
    bodies = {post.key: post.body for post in other.posts}
    assert all(bodies[each.report_key] == each.encoded for each in reports)
    assert len(other.connections) <= CONNECTIONS


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, DISCONNECT])
def test_passing_trouble_is_reported_and_not_repeated(tmp_path: Path, status: int) -> None:
    """A report that meets passing trouble is posted once, and stays in the spool."""
    with (
        _collector(lambda _: status) as other,
        _relay(other.url, tmp_path) as relay,
        pytest.raises(WarehouseUnavailable, match=r"takes no reports now|cannot be reached"),
    ):
        relay.write(batch_of([spooled(1)]))
    assert len(other.posts) == 1
    assert dead_letters_in(tmp_path) == []


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [("7", 7), ("0", 0), ("999999", 600), ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("soon", None)],
)
def test_a_retry_after_is_passed_on(
    tmp_path: Path, retry_after: str, seconds: float | None
) -> None:
    """The error carries what Retry-After asks for, in seconds and within a bound."""
    with _collector(lambda _: 503) as other, _relay(other.url, tmp_path) as relay:
        other.retry_after = retry_after
        with pytest.raises(WarehouseUnavailable) as unavailable:
            relay.write(batch_of([spooled(1)]))
    assert unavailable.value.retry_after == seconds


def test_what_was_accepted_before_the_trouble_counts(tmp_path: Path) -> None:
    """The error says how many of the first reports are there; a refused one is a dead letter."""
    answers = {f"{1:032x}": 204, f"{2:032x}": 400, f"{3:032x}": 204, f"{4:032x}": 503}
    with (
        _collector(lambda post: answers.get(post.key, 204)) as other,
        _relay(other.url, tmp_path) as relay,
        pytest.raises(WarehouseUnavailable) as unavailable,
    ):
        relay.write(batch_of([spooled(number) for number in range(1, 7)]))
    assert unavailable.value.written == 3
    assert [each.report_key for each in dead_letters_in(tmp_path)] == [f"{2:032x}"]


def test_one_post_at_a_time_gets_ahead(tmp_path: Path) -> None:
    """Where the other collector takes one post an attempt, it is the first that was not there."""
    reports = [spooled(number) for number in range(20)]
    taken: list[str] = []

    def take_one(post: Post) -> int:
        if taken:
            return 429
        taken.append(post.key)
        return 204

    with _collector(take_one) as other:
        while reports:
            taken.clear()
            with _relay(other.url, tmp_path) as relay, contextlib.suppress(WarehouseUnavailable):
                relay.write(batch_of(reports))
            assert taken == [reports.pop(0).report_key]


@pytest.mark.parametrize("status", [400, 413, 415, 422])
def test_a_refused_report_is_a_dead_letter_and_the_others_go_on(
    tmp_path: Path, status: int
) -> None:
    """A report that the other collector refuses is a dead letter with its words, posted once."""
    with (
        _collector(lambda post: status if b'"poison"' in post.body else 204) as other,
        _relay(other.url, tmp_path) as relay,
    ):
        relay.write(batch_of([spooled(1), spooled(2, cluster_id="poison"), spooled(3)]))
    assert len(other.posts) == 3
    letters = dead_letters_in(tmp_path)
    assert [(each.report_key, each.reason) for each in letters] == [
        (f"{2:032x}", f'HTTP {status}: {{"detail":"the rule"}}')
    ]
    assert json.loads(letters[0].encoded)["clusterID"] == "poison"


@pytest.mark.parametrize("status", [200, 201, 301, 307, 308, 401, 403, 404, 405])
def test_what_is_no_collector_makes_no_dead_letter(tmp_path: Path, status: int) -> None:
    """An answer that a collector does not give blames the address, and is followed nowhere."""
    with (
        _collector(lambda _: status) as other,
        _relay(other.url, tmp_path) as relay,
        pytest.raises(WarehouseUnavailable, match="does not answer as a collector does"),
    ):
        relay.write(batch_of([spooled(1)]))
    assert len(other.posts) == 1
    assert dead_letters_in(tmp_path) == []


def test_forgetting_names_who_has_the_reports(tmp_path: Path) -> None:
    """Forgetting a cluster says that the other collector has what was passed on."""
    with _relay("http://127.0.0.1:1", tmp_path) as relay:
        forgotten = relay.forget("cluster")
    assert forgotten.removed == 0
    assert "the other collector has" in forgotten.remains


def test_a_collector_that_is_away_is_reported(tmp_path: Path) -> None:
    """Where nothing answers, the error names the address."""
    with (
        _relay("http://127.0.0.1:1", tmp_path) as relay,
        pytest.raises(WarehouseUnavailable, match=r"http://127.0.0.1:1/api/v1 cannot be reached"),
    ):
        relay.write(batch_of([spooled(1)]))
