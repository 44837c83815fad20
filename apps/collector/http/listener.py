"""The listening socket: of TCP, at a path, or handed over by systemd."""

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from collector.disk.unix_socket import listen_at
from collector.errors import CannotListen

BACKLOG: Final = 1024
"""Connections that the system may hold for us until the next tick (listen(2))."""

# Anybody may post a report; the folder says who gets as far as the socket.
_OPEN_TO_ALL: Final = 0o666
# Where sd_listen_fds(3) begins.
_FIRST_DESCRIPTOR: Final = 3


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


def inherited(environment: Mapping[str, str], *, process_id: int) -> socket.socket | None:
    """Return the socket that a service manager handed over, if it did: sd_listen_fds(3).

    Raises `CannotListen` for a socket that cannot be served.
    """
    addressee = environment.get("LISTEN_PID", "")
    count = environment.get("LISTEN_FDS", "")
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
