"""A server in a process of its own, attacked while an honest client asks it for answers."""

import gc
import os
import re
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import pytest

from collector.http.conftest import RawClient, get, post, server_of
from tests.hostile.waiting import Waiting

MIB = 1024 * 1024
HEAD = b"POST / HTTP/1.1\r\nHost: a\r\n"
HALF = HEAD + b"Content-Length: 1000\r\nExpect: 100-continue\r\n\r\n"

Address = tuple[str, int]


def run_server(file_limit: int) -> None:
    """Serve an echo with so many file descriptors; print the port and the memory at the end."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (file_limit, file_limit))
    server = server_of()
    gc.freeze()  # as the program does
    sys.stdout.write(f"{server.address[1]}\n")
    sys.stdout.flush()
    server.run()


@contextmanager
def server_process(*, file_limit: int = 4096) -> Iterator[tuple[Address, int]]:
    """The address and the process ID of a server, which is killed in the end."""
    code = f"from collector.http.abuse_test import run_server; run_server({file_limit})"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        try:
            assert process.stdout is not None
            yield ("127.0.0.1", int(process.stdout.readline())), process.pid
            assert process.poll() is None, "the server died"
        finally:
            process.kill()


def answered_in(address: Address, pid: int) -> float:
    """Connect, ask for /healthz, and return the seconds until its response.

    What other programs on the machine took of them is left out.
    """
    with Waiting(pid) as waiting, closing(RawClient(address)) as client:
        client.send(get("/healthz"))
        assert client.response().body == b"GET /healthz "
    return waiting.seconds


def peak_memory(pid: int) -> int:
    """The most bytes of memory that a process ever held."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024


def send_for_ever(address: Address, head: bytes, chunk: bytes, *, at_most: int) -> None:
    """Send a head and then a chunk over and over, until cut off or `at_most` bytes are sent."""
    with closing(RawClient(address)) as client, suppress(OSError):
        client.send(head)
        for _ in range(at_most // len(chunk)):
            client.send(chunk)
        client.response()


def announced_100_mb(address: Address) -> None:
    """100 MB, as announced."""
    head = HEAD + b"Content-Length: 100000000\r\n\r\n"
    send_for_ever(address, head, b"x" * 65536, at_most=100_000_000)


def chunked_100_mb(address: Address) -> None:
    """100 MB in chunks of 64 KiB."""
    head = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    send_for_ever(address, head, chunk, at_most=100_000_000)


def chunks_of_one_byte(address: Address) -> None:
    """8 MB in chunks of a byte each."""
    head = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    send_for_ever(address, head, b"1\r\nx\r\n" * 10_000, at_most=8 * MIB)


def chunks_just_large_enough(address: Address) -> None:
    """8 MB in chunks as small as they may be."""
    head = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    send_for_ever(address, head, (b"15\r\n" + b"x" * 21 + b"\r\n") * 3_000, at_most=8 * MIB)


def a_header_without_end(address: Address) -> None:
    """A header of which no end comes."""
    send_for_ever(address, HEAD, b"X: y\r\n" * 10_000, at_most=100_000_000)


def a_body_of_8_mib(address: Address) -> None:
    """The largest body allowed."""
    with closing(RawClient(address)) as client, suppress(OSError):
        client.send(post(b"x" * 8 * MIB))
        client.response()


def half_a_request_250_times(address: Address) -> None:
    """Requests of which the second half never comes."""
    with ExitStack() as clients:
        for _ in range(250):
            send_half(clients.enter_context(closing(RawClient(address))))


def send_half(client: RawClient) -> None:
    """Send half a request, and be sure that the server has it, not the system's queue."""
    with suppress(OSError):
        client.send(HALF)
        assert client.response().status == 100
        client.send(b"x" * 500)


@pytest.mark.parametrize(
    "attack",
    [
        announced_100_mb,
        chunked_100_mb,
        chunks_of_one_byte,
        chunks_just_large_enough,
        a_header_without_end,
        a_body_of_8_mib,
        half_a_request_250_times,
    ],
)
def test_eight_attackers_at_once_neither_fill_nor_block_the_server(
    attack: Callable[[Address], None],
) -> None:
    """The server stays under 256 MiB and answers an honest client within a second throughout."""
    slowest = 0.0
    with server_process() as (address, pid), ThreadPoolExecutor(8) as pool:
        attacks = [pool.submit(attack, address) for _ in range(8)]
        while not all(attack.done() for attack in attacks):
            slowest = max(slowest, answered_in(address, pid))
        for attacked in attacks:
            attacked.result()
        assert answered_in(address, pid) < 1
        assert peak_memory(pid) < 256 * MIB
    assert slowest < 1


def test_a_server_without_file_descriptors_makes_room() -> None:
    """When no descriptor is left, the longest waiting connection is closed for the next."""
    with server_process(file_limit=50) as (address, pid), ExitStack() as clients:
        for _ in range(200):
            send_half(clients.enter_context(closing(RawClient(address))))
        assert answered_in(address, pid) < 1
