"""Attackers in a process of their own: connections that send one request over and over."""

import multiprocessing
import socket
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
    attackers = multiprocessing.get_context("fork").Process(
        target=_attack, args=(address, request, connections), daemon=True
    )
    attackers.start()
    try:
        yield
    finally:
        attackers.kill()
        attackers.join()


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
