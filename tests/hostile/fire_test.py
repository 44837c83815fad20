"""Honest clients beside sixty-four attackers, whatever those send."""

import http.client
import json
import statistics
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest

from collector.testing import RunningCollector, report_of
from tests.hostile.attacks import HEAD, Address
from tests.hostile.bodies import KINDS, Shape, compressed
from tests.hostile.fire import under_fire
from tests.hostile.waiting import Waiting

ATTACKERS = 64
HONEST = 16
HEALTH_SECONDS = 0.25
P99_SECONDS = 0.5
POSTS_EACH = 8


def request_of(body: bytes, *headers: bytes) -> bytes:
    """Return a whole post."""
    length = b"Content-Length: %d\r\n" % len(body)
    return HEAD + b"".join(headers) + length + b"\r\n" + body


def gzip_of(name: str) -> bytes:
    """Return a kind of the table of costs, compressed."""
    return request_of(compressed(KINDS[name].body()), b"Content-Encoding: gzip\r\n")


ATTACKS = {
    "the costliest body, compressed": lambda: gzip_of("an ignored timestamp behind, escaped"),
    "one escape, compressed": lambda: gzip_of("one escape"),
    "different resources, compressed": lambda: gzip_of("different resources"),
    "just not large": lambda: request_of(
        Shape(resource="hugepages-#", names=1 << 30, size=127 * 1024).body()
    ),
    "many fields": lambda: HEAD + b"X:\r\n" * 7_000 + b"\r\n",
}


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[RunningCollector]:
    """A collector whose warehouse costs nothing."""
    with RunningCollector(tmp_path, "--database", "stdout") as running:
        reader = Thread(target=_discard, args=(running,), daemon=True)
        reader.start()
        yield running


def _discard(collector: RunningCollector) -> None:
    stdout = collector.process.stdout
    assert stdout is not None
    while stdout.read(1 << 20):
        continue


@pytest.mark.parametrize("name", ATTACKS)
def test_honest_clients_are_served_beside_attackers(collector: RunningCollector, name: str) -> None:
    """Health checks wait at most 250 ms and small posts mostly 500, and all are accepted."""
    address = ("127.0.0.1", collector.port())
    pid = collector.process.pid
    fire = under_fire(address, ATTACKS[name](), connections=ATTACKERS)
    with fire, ThreadPoolExecutor(HONEST) as pool:
        posting = [pool.submit(_post_many, address, pid) for _ in range(HONEST)]
        checks = []
        while not all(each.done() for each in posting):
            with Waiting(pid) as waiting:
                assert collector.request("GET", "/healthz")[0] == 200
            checks.append(waiting.seconds)
        posts = [seconds for each in posting for seconds in each.result()]
    assert max(checks) <= HEALTH_SECONDS
    assert statistics.quantiles(posts, n=100)[-1] <= P99_SECONDS


def _post_many(address: Address, pid: int) -> list[float]:
    body = json.dumps(report_of("honest"))
    waits = []
    with closing(http.client.HTTPConnection(*address, timeout=60)) as connection:
        for _ in range(POSTS_EACH):
            with Waiting(pid) as waiting:
                connection.request("POST", "/api/v1", body, {"Content-Type": "application/json"})
                response = connection.getresponse()
                response.read()
            assert response.status == 204
            waits.append(waiting.seconds)
    return waits
