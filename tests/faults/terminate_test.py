"""SIGTERM under load: requests under way are finished."""

import json
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from collector.testing import DEADLINE_SECONDS, RunningCollector, clusters_in, report_of, wait_until
from tests.faults.load import Load


def test_no_request_whose_head_arrived_is_cut(tmp_path: Path) -> None:
    """Requests under way at SIGTERM get their 204, the exit is 0 in time, and nothing is lost."""
    load = Load()
    names = [f"half-{number}" for number in range(20)]
    with RunningCollector(tmp_path) as collector, ExitStack() as opened:
        halves = [opened.enter_context(_half_sent(collector.port(), name)) for name in names]
        with load.on(collector):
            wait_until(lambda: load.has_accepted(100))
            began = time.monotonic()
            collector.process.send_signal(signal.SIGTERM)
            wait_until(lambda: _refuses_connections(collector.port()))
            responses = [_finish(half) for half in halves]
        assert collector.process.wait(DEADLINE_SECONDS) == 0
        assert time.monotonic() - began < 20
    assert responses == [b"HTTP/1.1 204"] * len(names)
    assert load.refused == []
    load.attempted.update(names)
    load.accepted.extend(names)
    load.check(clusters_in(tmp_path))


def _refuses_connections(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except ConnectionRefusedError:
        return True
    return False


@contextmanager
def _half_sent(port: int, name: str) -> Iterator[tuple[socket.socket, bytes]]:
    """Send a request without the last bytes of its body; yield the connection and those bytes."""
    body = json.dumps(report_of(name)).encode()
    head = (
        "POST /api/v1 HTTP/1.1\r\nHost: collector\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_SECONDS) as connection:
        connection.sendall(head.encode() + body[:-10])
        yield connection, body[-10:]


def _finish(half: tuple[socket.socket, bytes]) -> bytes:
    """Send the rest, and return the beginning of the response."""
    connection, rest = half
    connection.sendall(rest)
    return connection.recv(12)
