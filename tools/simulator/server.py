"""The simulator on a socket: HTTP/1.1, plain or with TLS, a thread a connection."""

import socket
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from socketserver import ThreadingTCPServer
from threading import Event, Thread

from tools.simulator import certificates
from tools.simulator.access import kubeconfig_document, write_service_account
from tools.simulator.cluster import Cluster
from tools.simulator.exchange import Exchange
from tools.simulator.faults import Script
from tools.simulator.handler import Handler
from tools.simulator.messages import Request, compact_json


class _Server(ThreadingTCPServer):
    """Listens, and wraps each connection in TLS where asked to.

    Not `http.server.HTTPServer`: it looks up its own name, and a name server may be out of reach.
    """

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self, exchange: Exchange, *, host: str, port: int, tls: ssl.SSLContext | None
    ) -> None:
        self.stopping = Event()
        self._tls = tls
        self._connections: set[socket.socket] = set()
        super().__init__((host, port), partial(Handler, exchange, self.stopping))

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        connection, address = super().get_request()
        if self._tls is not None:
            # The handshake happens at the first read, in the connection's own thread.
            connection = self._tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        self._connections.add(connection)
        return connection, address

    def close_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        if isinstance(request, socket.socket):
            self._connections.discard(request)
        super().close_request(request)

    def handle_error(
        self,
        request: socket.socket | tuple[bytes, socket.socket],
        client_address: object,
    ) -> None:
        # Hanging up, or not trusting the certificate, is what many tests make a client do.
        if not isinstance(sys.exception(), ConnectionError | ssl.SSLError):
            super().handle_error(request, client_address)

    def stop(self) -> None:
        """Stop listening and hang up: a stopped server answers on no connection left open."""
        self.stopping.set()
        self.shutdown()
        for connection in tuple(self._connections):
            # Below TLS, because the connection's own thread may be reading through it.
            with suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)


class Simulator:
    """A running simulator, as tests see it."""

    def __init__(self, server: _Server, exchange: Exchange, *, host: str, tls: bool) -> None:
        self.host = host
        self.port: int = server.server_address[1]
        self.url = f"{'https' if tls else 'http'}://{host}:{self.port}"
        self._exchange = exchange
        self._tls = tls

    @property
    def requests(self) -> tuple[Request, ...]:
        """All requests so far, in the order in which they arrived."""
        return self._exchange.requests

    def wait_for_request(self, path: str, *, nth: int = 1, seconds: float = 10) -> None:
        """Wait until the nth request of a path has arrived. Raises TimeoutError."""
        self._exchange.wait_for_request(path, nth=nth, seconds=seconds)

    def kubeconfig(
        self, path: Path, *, token: str | None = None, certificate_authority: bool = True
    ) -> Path:
        """Write a kubeconfig for this server and return its path.

        `token` is the bearer token to send; without `certificate_authority` the file does not
        name the CA that a client would need to trust a server with TLS.
        """
        document = kubeconfig_document(
            url=self.url, token=token, with_ca=self._tls and certificate_authority
        )
        path.write_bytes(compact_json(document) + b"\n")
        return path

    def service_account(self, directory: Path, *, token: str) -> None:
        """Write what a pod finds under `/var/run/secrets/kubernetes.io/serviceaccount`: the files
        `token`, `ca.crt` and `namespace`. Such clients speak TLS only.
        """
        write_service_account(directory, token=token)


@contextmanager
def running_simulator(
    cluster: Cluster,
    *,
    script: Script | None = None,
    tls: bool = False,
    host: str = "127.0.0.1",
    port: int = 0,
) -> Iterator[Simulator]:
    """Serve a cluster until the block ends; port 0 takes a free one. Raises OSError where the
    address cannot be listened on.
    """
    exchange = Exchange(cluster, script or Script())
    context = certificates.server_context() if tls else None
    with _Server(exchange, host=host, port=port, tls=context) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield Simulator(server, exchange, host=host, tls=tls)
        finally:
            server.stop()
            thread.join()
