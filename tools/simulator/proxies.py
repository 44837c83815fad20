"""Proxies for tests: HTTP and SOCKS 5, which keep all that they could read."""

import base64
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from socketserver import StreamRequestHandler
from threading import Thread
from typing import Final

from tools.fake_server import FakeServer, serving

_PIECE: Final = 64 * 1024
# RFC 1928: version 5; methods 0 (none) and 2 (RFC 1929); command CONNECT; address types.
_SOCKS: Final = 5
_NO_LOGIN, _PASSWORD, _NONE_ACCEPTED = 0, 2, 255
_IPV4, _NAME, _IPV6 = 1, 3, 4
_GRANTED, _NOT_ALLOWED = 0, 2


@dataclass
class SeenByProxy:
    """What a proxy saw: `targets` it was asked for, and all `bytes` from its clients."""

    url: str = ""
    targets: list[str] = field(default_factory=list)
    bytes: bytearray = field(default_factory=bytearray)


@dataclass(frozen=True)
class _Rules:
    login: str | None
    refuses: bool
    leads_to: tuple[str, int] | None


class _Handler(StreamRequestHandler):
    """What both kinds of proxy do once the way is clear."""

    def __init__(
        self,
        seen: SeenByProxy,
        rules: _Rules,
        connection: socket.socket,
        client_address: tuple[str, int],
        server: FakeServer,
    ) -> None:
        self.seen = seen
        self.rules = rules
        super().__init__(connection, client_address, server)

    def read(self, size: int) -> bytes:
        """Read so many bytes of the client's, or all up to its end."""
        content = b""
        while len(content) < size and (piece := self.rfile.read(size - len(content))):
            content += piece
        self.seen.bytes += content
        return content

    def relay(self, host: str, port: int, first: bytes = b"") -> None:
        """Carry bytes both ways until one side ends."""
        target = self.rules.leads_to or (host, port)
        with socket.create_connection(target, timeout=10) as server:
            server.sendall(first)
            back = Thread(target=self._carry, args=(server, self.connection), daemon=True)
            back.start()
            self._carry(self.connection, server, keep=True)
            back.join()

    def _carry(self, source: socket.socket, sink: socket.socket, *, keep: bool = False) -> None:
        with suppress(OSError):
            while piece := source.recv(_PIECE):
                if keep:
                    self.seen.bytes += piece
                sink.sendall(piece)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


class _HttpProxy(_Handler):
    """CONNECT (RFC 9110, section 9.3.6), and requests for whole URLs, of which it keeps the first
    and refuses it.
    """

    # Without it the buffer would hold what is to be carried.
    rbufsize = 0

    def handle(self) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n") and (byte := self.read(1)):
            head += byte
        if not head:
            return
        method, target, _ = head.split(b" ", 2)
        self.seen.targets.append(target.decode())
        wanted = self.rules.login and base64.b64encode(self.rules.login.encode())
        if self.rules.refuses or (wanted and b"Basic " + wanted not in head):
            self.wfile.write(b"HTTP/1.1 407 canary-of-a-reason\r\nContent-Length: 0\r\n\r\n")
        elif method != b"CONNECT":
            self.wfile.write(b"HTTP/1.1 502 \r\nContent-Length: 0\r\n\r\n")
        else:
            self.wfile.write(b"HTTP/1.1 200 \r\n\r\n")
            host, _, port = target.decode().rpartition(":")
            self.relay(host.strip("[]"), int(port))


class _SocksProxy(_Handler):
    rbufsize = 0

    def handle(self) -> None:
        version, count = self.read(2)
        methods = self.read(count)
        method = _NO_LOGIN if self.rules.login is None else _PASSWORD
        if version != _SOCKS or method not in methods:
            self.wfile.write(bytes([_SOCKS, _NONE_ACCEPTED]))
            return
        self.wfile.write(bytes([_SOCKS, method]))
        if method == _PASSWORD and not self._logs_in():
            return
        self.read(3)
        host, port = self._address()
        self.seen.targets.append(f"{host}:{port}")
        reply = _NOT_ALLOWED if self.rules.refuses else _GRANTED
        self.wfile.write(bytes([_SOCKS, reply, 0, _IPV4, 0, 0, 0, 0, 0, 0]))
        if reply == _GRANTED:
            self.relay(host, port)

    def _logs_in(self) -> bool:
        self.read(1)
        user = self.read(self.read(1)[0]).decode()
        password = self.read(self.read(1)[0]).decode()
        right = f"{user}:{password}" == self.rules.login
        self.wfile.write(bytes([1, 0 if right else 1]))
        return right

    def _address(self) -> tuple[str, int]:
        (kind,) = self.read(1)
        if kind == _NAME:
            host = self.read(self.read(1)[0]).decode()
        else:
            family, size = (socket.AF_INET, 4) if kind == _IPV4 else (socket.AF_INET6, 16)
            host = socket.inet_ntop(family, self.read(size))
        return host, int.from_bytes(self.read(2), "big")


@contextmanager
def running_proxy(
    scheme: str,
    *,
    login: str | None = None,
    refuses: bool = False,
    leads_to: tuple[str, int] | None = None,
    tls: ssl.SSLContext | None = None,
) -> Iterator[SeenByProxy]:
    """Run a proxy of the `scheme` http or socks5 until the block ends; with `tls`, http is https.

    `login` is the user and password that it asks for, with a colon between them. It `refuses` all,
    or leads every connection to `leads_to` where given.
    """
    seen = SeenByProxy()
    kind = {"http": _HttpProxy, "socks5": _SocksProxy}[scheme]
    rules = _Rules(login, refuses, leads_to)
    server = FakeServer("127.0.0.1", 0, partial(kind, seen, rules))
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    at = f"{login}@" if login else ""
    seen.url = f"{scheme}://{at}127.0.0.1:{server.server_address[1]}"
    with serving(server):
        yield seen
