"""A comparison sends nothing of the cluster: all bytes that travel are watched."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from random import Random
from threading import Thread

import pytest

from census import Period, count, encode, exact_release_of
from report import Report
from tests.privacy.canaries import Canaries
from tests.privacy.canary_cluster import Finished, leaks_in, run_volunteer, running_cluster
from tests.privacy.clusters import ClusterMaker
from volunteer.version import USER_AGENT

RELEASE = encode(
    exact_release_of(
        count([Report(version="v", cluster_id="c", master_version="v1.30.0", nodes=())]),
        Period(date(2026, 11, 1), date(2026, 11, 30)),
    )
)
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nSet-Cookie: id=1\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(RELEASE), RELEASE)
)
FLAGS = (
    *("--cluster-id=2b3db8fd-e392-4754-af32-6aaf0368b319", "--verbatim=osImage,capacity"),
    *("--include=workloads", "--verbose", "--v=9"),
)


class Wire:
    """A listener that keeps every byte of every connection, to its end."""

    def __init__(self) -> None:
        self.connections: list[bytearray] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [Thread(target=self._accept, daemon=True)]
        self._threads[0].start()
        host, port = self._listener.getsockname()
        self.host = f"{host}:{port}"

    def close(self) -> None:
        """Stop listening, and wait until all that came is kept."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                received = bytearray()
                self.connections.append(received)
                self._threads.append(Thread(target=self._serve, args=(connection, received)))
                self._threads[-1].start()

    def _serve(self, connection: socket.socket, received: bytearray) -> None:
        with connection, suppress(OSError):
            while piece := connection.recv(65536):
                received += piece
                if received.endswith(b"\r\n\r\n"):
                    connection.sendall(ANSWER)


@contextmanager
def watched() -> Iterator[Wire]:
    """Watch a census; after the block all that came is known."""
    wire = Wire()
    try:
        yield wire
    finally:
        wire.close()


def compared(folder: Path, wire: Wire, seed: int, *flags: str) -> tuple[Finished, Canaries]:
    """Compare a cluster of canaries, another one for each seed."""
    canaries = Canaries(Random(seed))
    with running_cluster(ClusterMaker(Random(seed), canaries), canaries) as cluster:
        finished = run_volunteer(
            folder / f"run-{seed}", cluster, "compare", f"--with=http://{wire.host}", *flags
        )
    assert finished.status == 0, finished.stderr
    return finished, canaries


def test_the_same_request(tmp_path: Path) -> None:
    """Two clusters, and flags that differ, make one and the same request, to the byte: a GET
    without a body, a cookie, a key or an ID.
    """
    with watched() as wire:
        compared(tmp_path, wire, 7)
        compared(tmp_path, wire, 8, *FLAGS)
    assert [bytes(each) for each in wire.connections] == [
        (
            "GET /api/v1/statistics HTTP/1.1\r\n"
            f"Host: {wire.host}\r\n"
            "Accept-Encoding: identity\r\n"
            "Accept: application/json\r\n"
            f"User-Agent: {USER_AGENT}\r\n"
            "\r\n"
        ).encode()
    ] * 2


@pytest.mark.parametrize("flags", [(), ("--json",)], ids=["text", "JSON"])
def test_no_canary(tmp_path: Path, flags: tuple[str, ...]) -> None:
    """With all verbosity, no canary is on the wire, in the streams or in any file; and what goes
    verbatim into a report is not printed by a comparison.
    """
    with watched() as wire:
        finished, canaries = compared(tmp_path, wire, 9, *FLAGS, *flags)
    (received,) = wire.connections
    assert leaks_in(bytes(received), canaries) == set()
    for where, said in finished.said().items():
        assert leaks_in(said, canaries) == set(), where
    assert canaries.fragments
    assert b"Version of the control plane" in finished.stdout
