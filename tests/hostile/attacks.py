"""What a hostile client may try. Each attack returns once the server has put an end to it."""

import gzip
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from typing import Final, TypeAlias

Address: TypeAlias = tuple[str, int]

MIB: Final = 1024 * 1024
TIMEOUT_SECONDS: Final = 60.0
HALF_SENT: Final = 250
LEVELS: Final = 5_000_000
# Members of one gzip file, one after the other (RFC 1952, 2.2).
GZIP_BOMB: Final = gzip.compress(b" " * 10 * MIB) * 100
HEAD: Final = b"POST /api/v1 HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"


def announced_100_mb(address: Address) -> None:
    """100 MB, as announced."""
    _send_on(address, HEAD + b"Content-Length: 100000000\r\n\r\n", b"x" * 65_536)


def chunked_100_mb(address: Address) -> None:
    """100 MB in chunks of 64 KiB."""
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    _send_on(address, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", chunk)


def tiny_nodes(address: Address) -> None:
    """8 MiB of nodes that hold nothing but an ID of one character."""
    _post(address, _report_of(b'{"id":"1"}', ","))


def tiny_capacities(address: Address) -> None:
    """As many nodes as are allowed, with capacities as small as they may be: 8 MiB in all."""
    capacity = b",".join([b'{"resource":"a","value":"1"}'] * 13)
    node = b'{"id":"1","capacity":[%s]}' % capacity
    _post(address, _report_of(node, ",", most=20_000))


def gzip_bomb(address: Address) -> None:
    """A gigabyte of spaces in a megabyte."""
    _post(address, GZIP_BOMB, b"Content-Encoding: gzip\r\n")


def nested_without_end(address: Address) -> None:
    """A report with an unknown field of five million levels."""
    _post(address, b'{"version":"v","clusterID":"c","x":' + b"[" * LEVELS)


def half_sent_requests(address: Address) -> None:
    """Requests of which the second half never comes: with eight attackers 2,000 of them.

    Each is in the server's hands before the next: on a busy machine they would else fill the
    system's queue of connections, and whoever comes then is put off for a second by the system.
    """
    with ExitStack() as clients:
        for _ in range(HALF_SENT):
            client = clients.enter_context(closing(_connect(address)))
            with suppress(OSError):
                client.sendall(HEAD + b"Content-Length: 1000\r\nExpect: 100-continue\r\n\r\n")
                client.recv(1_000)  # 100 Continue
                client.sendall(b"x" * 500)


def _report_of(node: bytes, comma: str, *, most: int = 1 << 30) -> bytes:
    start, end = b'{"version":"v","clusterID":"c","nodes":[', b"]}"
    count = min(most, (8 * MIB - len(start) - len(end)) // (len(node) + 1))
    return start + comma.encode().join([node] * count) + end


def _connect(address: Address) -> socket.socket:
    return socket.create_connection(address, timeout=TIMEOUT_SECONDS)


def _post(address: Address, body: bytes, headers: bytes = b"") -> None:
    head = HEAD + headers + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body)
    with closing(_connect(address)) as client, suppress(OSError):
        client.sendall(head + body)
        _read_to_the_end(client)


def _send_on(address: Address, head: bytes, chunk: bytes) -> None:
    with closing(_connect(address)) as client, suppress(OSError):
        client.sendall(head)
        for _ in range(100_000_000 // len(chunk)):
            client.sendall(chunk)
        _read_to_the_end(client)


def _read_to_the_end(client: socket.socket) -> bytes:
    return b"".join(_pieces(client))


def _pieces(client: socket.socket) -> Iterator[bytes]:
    while piece := client.recv(65_536):
        yield piece


def answers_to(address: Address, request: bytes) -> bytes:
    """Send bytes as they are, and return all that comes back until the server disconnects."""
    with closing(_connect(address)) as client:
        client.sendall(request)
        client.shutdown(socket.SHUT_WR)
        return _read_to_the_end(client)
