"""The listening socket, of whatever kind."""

import contextlib
import errno
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from collector.unix_socket import listen_at

# A tick accepts so many connections and no more, so that at the connection limit a flood cannot
# close a connection before it had a tick in which to be read.
ACCEPTS_PER_TICK: Final = 128

# accept(2): the connection died in the queue. It is gone; the next one may be well.
_LOST: Final = frozenset({errno.ECONNABORTED, errno.EPROTO, errno.EPERM, errno.ECONNRESET})

# Who connects to a Unix socket is on this machine, and has no address.
_LOCAL: Final = ("127.0.0.1", 0)
# Anybody may post a report; the folder says who gets as far as the socket.
_OPEN_TO_ALL: Final = 0o666


class OutOfFiles(OSError):
    """No file descriptor, or no memory for one, is left for another connection."""


def listen_tcp(host: str, port: int, *, backlog: int) -> socket.socket:
    """Return a listening TCP socket; `::` takes IPv4 as well. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    every_address = host == "::" and socket.has_dualstack_ipv6()
    return socket.create_server(
        (host, port), family=family, backlog=backlog, dualstack_ipv6=every_address
    )


def listen_unix(path: Path, *, backlog: int) -> socket.socket:
    """Return a socket that listens at `path`, to all who can reach it. Raises OSError."""
    return listen_at(path, mode=_OPEN_TO_ALL, backlog=backlog)


class Listener:
    """Takes connections from a listening socket."""

    def __init__(self, listening: socket.socket) -> None:
        self.socket: Final = listening
        self.socket.setblocking(False)
        self._is_unix: Final = listening.family == socket.AF_UNIX
        self.address: Final = _LOCAL if self._is_unix else _host_and_port(listening.getsockname())

    def accept_waiting(self) -> Iterator[tuple[socket.socket, tuple[str, int]]]:
        """The connections that wait, up to ACCEPTS_PER_TICK, with the address of each client.

        Raises OutOfFiles when there is no file descriptor for the next.
        """
        for _ in range(ACCEPTS_PER_TICK):
            try:
                connected, address = self.socket.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in _LOST:
                    continue
                raise OutOfFiles(*error.args) from error
            connected.setblocking(False)
            if self._is_unix:
                yield connected, _LOCAL
                continue
            with contextlib.suppress(OSError):  # macOS, when the client has gone already
                connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            yield connected, _host_and_port(address)

    def close(self) -> None:
        """Take no more connections."""
        self.socket.close()


def _host_and_port(address: tuple[str, int] | tuple[str, int, int, int]) -> tuple[str, int]:
    return address[0], address[1]
