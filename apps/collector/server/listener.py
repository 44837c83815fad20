"""The listening socket."""

import contextlib
import errno
import socket
from collections.abc import Iterator
from typing import Final

from collector.server.settings import ServerSettings

# A tick accepts so many connections and no more, so that at the connection limit a flood cannot
# close a connection before it had a tick in which to be read.
ACCEPTS_PER_TICK: Final = 128

# accept(2): the connection died in the queue. It is gone; the next one may be well.
_LOST: Final = frozenset({errno.ECONNABORTED, errno.EPROTO, errno.EPERM, errno.ECONNRESET})


class OutOfFiles(OSError):
    """No file descriptor, or no memory for one, is left for another connection."""


class Listener:
    """A bound, listening TCP socket. Raises OSError when it cannot be bound."""

    def __init__(self, settings: ServerSettings) -> None:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        every_address = settings.host == "::" and socket.has_dualstack_ipv6()
        self.socket = socket.create_server(
            (settings.host, settings.port),
            family=family,
            backlog=settings.backlog,
            dualstack_ipv6=every_address,
        )
        self.socket.setblocking(False)
        name = self.socket.getsockname()
        self.address: tuple[str, int] = (str(name[0]), int(name[1]))

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
            with contextlib.suppress(OSError):  # macOS, when the client has gone already
                connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            yield connected, (str(address[0]), int(address[1]))

    def close(self) -> None:
        """Take no more connections."""
        self.socket.close()
