"""Another collector as a warehouse, over real HTTP."""

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
from collector.warehouse import relay as relays
from collector.warehouse.bigquery.testing import (
    HOUR,
    WORKLOADS,
    batch_of,
    dead_letters_in,
    keys_of,
    spooled,
)
from collector.warehouse.dead_letters import DEAD_LETTERS_FILE, RETENTION_SECONDS, DeadLetters
from collector.warehouse.relay.warehouse import Manners, RelayWarehouse
from tools.fake_server import FakeHandler, FakeServer, serving

QUICK = Manners(
    connections=4, call_seconds=1.0, repeats=3, backoff_seconds=0.01, longest_pause_seconds=1
)
HANG_UP = 0


@dataclass(frozen=True)
class Post:
    """A post as the other collector sees it. `nth` counts those with this key from 1."""

    path: str
    key: str
    content_type: str
    body: bytes
    nth: int


@dataclass
class OtherCollector:
    """What another collector answers: a status for each post, and what it saw."""

    choose: Callable[[Post], int]
    url: str = ""
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
        other: OtherCollector,
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
        if status == HANG_UP:
            self.close_connection = True
            return
        if status == 204:
            self.send_head(status, {}, length=None)
            return
        answer = b'{"detail":"the rule"}'
        again = {"Retry-After": "0"} if status in {429, 503} else {}
        self.send_head(status, {**again, "Location": "/elsewhere"}, length=len(answer))
        self.wfile.write(answer)


@contextmanager
def _collector(choose: Callable[[Post], int] = lambda _: 204) -> Iterator[OtherCollector]:
    other = OtherCollector(choose)
    server = FakeServer("127.0.0.1", 0, partial(_Handler, other))
    other.url = f"http://127.0.0.1:{server.server_address[1]}"
    with serving(server):
        yield other


@contextmanager
def _relay(url: str, data_dir: Path) -> Iterator[RelayWarehouse]:
    letters = DeadLetters(data_dir / DEAD_LETTERS_FILE, clock=lambda: HOUR)
    relay = RelayWarehouse(relays.OtherCollector.parse(url), dead_letters=letters, manners=QUICK)
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
    assert len(other.connections) <= QUICK.connections


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, HANG_UP])
def test_passing_trouble_is_waited_out(tmp_path: Path, status: int) -> None:
    """A report that meets passing trouble is posted again under its key until it is accepted."""
    with (
        _collector(lambda post: 204 if post.nth == 3 else status) as other,
        _relay(other.url, tmp_path) as relay,
    ):
        relay.write(batch_of([spooled(1), spooled(2)]))
    assert Counter(post.key for post in other.posts) == {f"{1:032x}": 3, f"{2:032x}": 3}
    assert dead_letters_in(tmp_path) == []


@pytest.mark.parametrize("status", [408, 429, 500, 503, HANG_UP])
def test_trouble_that_stays_makes_the_collector_unavailable(tmp_path: Path, status: int) -> None:
    """A report that is not accepted after some attempts stays in the spool."""
    with (
        _collector(lambda _: status) as other,
        _relay(other.url, tmp_path) as relay,
        pytest.raises(WarehouseUnavailable, match=r"takes no reports now|cannot be reached"),
    ):
        relay.write(batch_of([spooled(1)]))
    assert len(other.posts) == 1 + QUICK.repeats
    assert dead_letters_in(tmp_path) == []


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


def test_old_dead_letters_go_with_the_next_batch(tmp_path: Path) -> None:
    """Writing a batch deletes the dead letters that have been kept for long enough."""
    path = tmp_path / DEAD_LETTERS_FILE
    with closing(DeadLetters(path, clock=lambda: HOUR - RETENTION_SECONDS - 3_600)) as letters:
        letters.add([(spooled(1), "why")])
    with _collector() as other, _relay(other.url, tmp_path) as relay:
        relay.write(batch_of([spooled(2)]))
    assert dead_letters_in(tmp_path) == []


def test_a_collector_that_is_away_is_told(tmp_path: Path) -> None:
    """Where nothing answers, the error names the address."""
    with (
        _relay("http://127.0.0.1:1", tmp_path) as relay,
        pytest.raises(WarehouseUnavailable, match=r"http://127.0.0.1:1/api/v1 cannot be reached"),
    ):
        relay.write(batch_of([spooled(1)]))
