"""Attackers in a process of their own: connections that send one request over and over.

`python -m tests.hostile.fire HOST PORT CONNECTIONS` takes the request from standard input.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from threading import Thread
from typing import Final

from tests.hostile.attacks import Address

_DEADLINE_SECONDS: Final = 60.0


@contextmanager
def under_fire(address: Address, request: bytes, *, connections: int) -> Iterator[None]:
    """Let so many connections send `request`, until the block ends.

    A process of its own, because its threads would else keep those of the test waiting.
    """
    host, port = address
    attackers = subprocess.Popen(
        [sys.executable, "-m", __name__, host, str(port), str(connections)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
    )
    try:
        assert attackers.stdin is not None
        attackers.stdin.write(request)
        attackers.stdin.close()
        yield
    finally:
        attackers.kill()
        attackers.wait(_DEADLINE_SECONDS)


def _attack(address: Address, request: bytes, connections: int) -> None:
    threads = [Thread(target=_send_for_ever, args=(address, request)) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _send_for_ever(address: Address, request: bytes) -> None:
    while True:
        with (
            suppress(OSError),
            closing(socket.create_connection(address, timeout=_DEADLINE_SECONDS)) as client,
        ):
            while b"close" not in _answer(client, request):
                continue


def _answer(client: socket.socket, request: bytes) -> bytes:
    client.sendall(request)
    response = client.recv(65_536)
    return response.lower() or b"close"


if __name__ == "__main__":
    _attack((sys.argv[1], int(sys.argv[2])), sys.stdin.buffer.read(), int(sys.argv[3]))
