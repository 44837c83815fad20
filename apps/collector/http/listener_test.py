"""Behaviour of listening sockets of every kind."""

import os
import socket
import stat
from contextlib import closing
from pathlib import Path

import pytest

from collector.disk.unix_socket import listen_at
from collector.errors import CannotListen
from collector.http.conftest import LOOPBACK
from collector.http.connection import Listener
from collector.http.listener import listen


def at(path: Path) -> socket.socket:
    """Listen at a path."""
    return listen(LOOPBACK, 0, path)


def test_a_unix_socket_is_open_to_all(tmp_path: Path) -> None:
    """Anybody who reaches the socket may post, whatever the umask; clients count as loopback."""
    path = tmp_path / "http"
    before = os.umask(0o077)
    try:
        listener = Listener(at(path))
    finally:
        os.umask(before)
    with closing(listener), socket.socket(socket.AF_UNIX) as client:
        assert stat.S_IMODE(path.stat().st_mode) == 0o666
        client.connect(str(path))
        [(connected, address)] = listener.accept_waiting()
        connected.close()
    assert address == ("127.0.0.1", 0)
    assert listener.address == ("127.0.0.1", 0)


def test_a_socket_that_is_left_over_is_replaced(tmp_path: Path) -> None:
    """A service that was killed leaves its socket; the next one listens there."""
    path = tmp_path / "http"
    at(path).close()
    assert path.is_socket()
    with at(path), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))


def test_a_socket_in_use_is_left_alone(tmp_path: Path) -> None:
    """A second service at the same path is refused, also when the first is busy."""
    path = tmp_path / "http"
    with listen_at(path, mode=0o600, backlog=0):
        for _ in range(3):
            with pytest.raises(CannotListen, match="http: Address already in use"):
                at(path)


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_what_is_not_a_socket_is_left_alone(tmp_path: Path, kind: str) -> None:
    """Nothing else at the path is removed, and no link is followed."""
    path = tmp_path / "http"
    if kind == "file":
        path.write_text("mine")
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CannotListen, match="something other than a socket"):
        at(path)
    assert path.is_symlink() or path.exists()


def test_a_port_of_tcp() -> None:
    """The address says the port that the system chose, and a client's is the client's."""
    listener = Listener(listen(LOOPBACK, 0))
    with closing(listener), socket.create_connection(listener.address) as client:
        [(connected, address)] = listener.accept_waiting()
        connected.close()
        assert address == client.getsockname()


def test_a_port_in_use_is_an_error() -> None:
    """It is named in one line, without Python's notation of an address."""
    with listen(LOOPBACK, 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotListen) as refused:
            listen(LOOPBACK, port)
    assert str(refused.value) == f"cannot serve on 127.0.0.1 port {port}: Address already in use"
