"""The listening socket: of TCP, at a path, or handed over by systemd."""

import contextlib
import errno
import socket
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Final

from collector.disk.unix_socket import listen_at
from collector.errors import CannotListen

BACKLOG: Final = 1024
"""Connections that the system may hold for us until the next tick (listen(2))."""

# A tick accepts so many connections and no more, so that at the connection limit a flood cannot
# close a connection before it had a tick in which to be read.
ACCEPTS_PER_TICK: Final = 128

# accept(2): the connection died in the queue. It is gone; the next one may be well.
_LOST: Final = frozenset({errno.ECONNABORTED, errno.EPROTO, errno.EPERM, errno.ECONNRESET})

# Who connects to a Unix socket is on this machine, and has no address.
_LOCAL: Final = ("127.0.0.1", 0)
# Anybody may post a report; the folder says who gets as far as the socket.
_OPEN_TO_ALL: Final = 0o666
# Where sd_listen_fds(3) begins.
_FIRST_DESCRIPTOR: Final = 3


class OutOfFiles(OSError):
    """No file descriptor, or no memory for one, is left for another connection."""


def listen(host: str, port: int, path: Path | None = None) -> socket.socket:
    """Return a listening socket: at `path`, to all who can reach it, or else of TCP.

    The host `::` takes IPv4 as well. Raises `CannotListen`.
    """
    try:
        return listen_at(path, mode=_OPEN_TO_ALL, backlog=BACKLOG) if path else _tcp(host, port)
    except OSError as error:
        # The socket module adds the address, in Python's notation, to the system's words.
        reason = str(error.strerror).partition(" (while")[0]
        raise CannotListen(f"cannot serve on {path or f'{host} port {port}'}: {reason}") from error


def _tcp(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    every_address = host == "::" and socket.has_dualstack_ipv6()
    return socket.create_server(
        (host, port), family=family, backlog=BACKLOG, dualstack_ipv6=every_address
    )


def inherited(environment: MutableMapping[str, str], *, process_id: int) -> socket.socket | None:
    """Return the socket that a service manager handed over, if it did: sd_listen_fds(3).

    Its variables are removed, for they are not for our children. Raises `CannotListen` for a
    socket that cannot be served.
    """
    addressee = environment.pop("LISTEN_PID", "")
    count = environment.pop("LISTEN_FDS", "")
    environment.pop("LISTEN_FDNAMES", None)
    if addressee != str(process_id) or not count.isdecimal() or int(count) == 0:
        return None
    if int(count) > 1:
        raise CannotListen(f"systemd hands over {count} sockets; a collector serves on one")
    try:
        listening = socket.socket(fileno=_FIRST_DESCRIPTOR)
        listening.set_inheritable(False)
        is_listening = listening.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError as error:
        raise CannotListen(f"systemd hands over no socket: {error.strerror}") from error
    if not is_listening or listening.type != socket.SOCK_STREAM:
        raise CannotListen("systemd hands over a socket that does not listen; use ListenStream=")
    return listening


def describe(listening: socket.socket) -> dict[str, str | int]:
    """Return what the log says of where requests come from."""
    address = listening.getsockname()
    if isinstance(address, str):
        return {"path": address}
    return {"host": address[0], "port": address[1]}


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
