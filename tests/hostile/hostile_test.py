"""The collector as a process, attacked while an honest client uses it."""

import re
import resource
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from collector.testing import RunningCollector, clusters_in, query, report_of, wait_until
from tests.hostile.attacks import (
    HEAD,
    MIB,
    Address,
    announced_100_mb,
    answers_to,
    chunked_100_mb,
    gzip_bomb,
    half_sent_requests,
    nested_without_end,
    tiny_capacities,
    tiny_nodes,
)
from tests.hostile.waiting import Waiting
from tools.bench.http_load import Load, slow_clients

ATTACKERS = 8
MOST_MEMORY = 256 * MIB
MOST_SECONDS = 1.0
SLOW_CLIENTS = 500
FILES = 4_096
SMUGGLED = b'{"version":"v1","clusterID":"smuggled"}'
SMUGGLED_POST = HEAD + b"Content-Length: %d\r\n\r\n" % len(SMUGGLED) + SMUGGLED
CHUNKED = b"Transfer-Encoding: chunked\r\n"


@pytest.fixture(scope="module", autouse=True)
def _many_files() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, hard), hard))


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCollector]:
    """One collector for all attacks, so that its peak memory is that of all of them."""
    with RunningCollector(tmp_path_factory.mktemp("data")) as running:
        yield running


def address_of(collector: RunningCollector) -> Address:
    return "127.0.0.1", collector.port()


def seconds_to_answer(collector: RunningCollector) -> float:
    """Return how long a response took, without what other programs on the machine took of it."""
    with Waiting(collector.process.pid) as waiting:
        assert collector.request("GET", "/healthz")[0] == 200
    return waiting.seconds


def peak_memory(pid: int) -> int:
    """Return the most bytes of memory that a process ever held."""
    found = re.search(r"^VmHWM:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024


def assert_serves(collector: RunningCollector, cluster_id: str) -> None:
    assert collector.process.poll() is None
    assert collector.post(report_of(cluster_id))[0] == 204
    assert peak_memory(collector.process.pid) < MOST_MEMORY


@pytest.mark.parametrize(
    "attack",
    [
        announced_100_mb,
        chunked_100_mb,
        tiny_nodes,
        tiny_capacities,
        gzip_bomb,
        nested_without_end,
        half_sent_requests,
    ],
)
def test_attackers_neither_fill_nor_block_the_collector(
    collector: RunningCollector, attack: Callable[[Address], None]
) -> None:
    """Under eight attackers it stays below 256 MiB and answers within a second throughout."""
    slowest = 0.0
    with ThreadPoolExecutor(ATTACKERS) as pool:
        attacks = [pool.submit(attack, address_of(collector)) for _ in range(ATTACKERS)]
        while not all(each.done() for each in attacks):
            slowest = max(slowest, seconds_to_answer(collector))
        for each in attacks:
            each.result()
    assert slowest < MOST_SECONDS
    assert_serves(collector, attack.__name__)


def test_slow_clients_do_not_matter(collector: RunningCollector) -> None:
    """While 500 connections send a byte now and then, others are answered within a second."""
    load = Load(url=f"http://127.0.0.1:{collector.port()}/api/v1", body=b"x" * 1_000)
    with slow_clients(load, connections=SLOW_CLIENTS):
        slowest = max(seconds_to_answer(collector) for _ in range(20))
        assert_serves(collector, "between-slow-clients")
    assert slowest < MOST_SECONDS


@pytest.mark.parametrize(
    "request_bytes",
    [
        HEAD + b"Content-Length: 4\r\n" + CHUNKED + b"\r\n0\r\n\r\n" + SMUGGLED_POST,
        HEAD + CHUNKED + b"Content-Length: 4\r\n\r\n0\r\n\r\n" + SMUGGLED_POST,
        HEAD + b"Content-Length: -1\r\n\r\n" + SMUGGLED_POST,
        HEAD + b"Content-Length: +2\r\n\r\n{}" + SMUGGLED_POST,
        HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}" + SMUGGLED_POST,
        HEAD + b"Content-Length: 2, 3\r\n\r\n{}" + SMUGGLED_POST,
        HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + SMUGGLED_POST,
        HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + SMUGGLED_POST,
        HEAD + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + SMUGGLED_POST,
        HEAD + CHUNKED + b"\r\n-1\r\n\r\n" + SMUGGLED_POST,
        HEAD + CHUNKED + b"\r\n2;\n\n{}\r\n0\r\n\r\n" + SMUGGLED_POST,
        HEAD.replace(b"1.1", b"1.0") + CHUNKED + b"\r\n0\r\n\r\n" + SMUGGLED_POST,
        HEAD + b"X: y\r\n Content-Length: 5\r\n\r\n" + SMUGGLED_POST,
    ],
    ids=[
        "length-and-chunked",
        "chunked-and-length",
        "negative-length",
        "signed-length",
        "two-lengths",
        "list-of-lengths",
        "unknown-coding",
        "chunked-not-last",
        "space-before-colon",
        "negative-chunk",
        "bare-line-feeds",
        "chunked-in-1.0",
        "folded-header",
    ],
)
def test_what_two_parsers_could_cut_in_two_ways_is_refused(
    collector: RunningCollector, request_bytes: bytes
) -> None:
    """One refusal, and then the end: nothing behind such a request is taken for another one."""
    answers = answers_to(address_of(collector), request_bytes)
    assert answers.count(b"HTTP/1.1 ") == 1
    assert answers.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 501 "))


def test_nothing_was_smuggled_in(collector: RunningCollector) -> None:
    """After all attacks the warehouse holds the honest client's reports and no other."""
    wait_until(collector.has_drained)
    assert collector.stop() == 0
    assert clusters_in(collector.data_dir) != []
    assert "smuggled" not in str(query(collector.data_dir, "FROM r"))
