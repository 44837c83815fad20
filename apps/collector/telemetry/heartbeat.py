"""Whether the loop that receives reports still answers, asked as a client asks."""

import socket
from contextlib import closing
from dataclasses import dataclass
from typing import Final

_TIMEOUT_SECONDS: Final = 5.0
_REQUEST: Final = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
_OK: Final = b"HTTP/1.1 200 "
_EVERY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - to connect, not to bind


@dataclass(frozen=True)
class Heartbeat:
    """Asks the service that listens at `listening`, which stays somebody else's to close."""

    listening: socket.socket

    def is_alive(self) -> bool:
        """Return whether `/healthz` answers within five seconds. From any thread but the loop's."""
        try:
            address = self.listening.getsockname()
            with closing(socket.socket(self.listening.family)) as connection:
                connection.settimeout(_TIMEOUT_SECONDS)
                connection.connect(_reachable(address))
                connection.sendall(_REQUEST)
                return connection.recv(len(_OK)) == _OK
        except OSError:
            return False


def _reachable(address: str | tuple[str, int]) -> str | tuple[str, int]:
    """Return where to connect to what listens at `address`, perhaps on every network."""
    if isinstance(address, str):
        return address
    host = address[0]
    return (_EVERY_ADDRESS.get(host, host), address[1])
