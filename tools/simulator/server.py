"""The simulator on a socket: HTTP/1.1, plain or with TLS, a thread a connection."""

import socket
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tools.fake_server import Connection, FakeServer, serving
from tools.simulator import certificates
from tools.simulator.access import kubeconfig_document, write_service_account
from tools.simulator.cluster import Cluster
from tools.simulator.faults import Script
from tools.simulator.handler import Handler
from tools.simulator.messages import Request, compact_json
from tools.simulator.scripted_api import ScriptedAPI


class _Server(FakeServer):
    """Wraps each connection in TLS where asked to."""

    def __init__(
        self, api: ScriptedAPI, *, host: str, port: int, tls: ssl.SSLContext | None
    ) -> None:
        self._tls = tls
        super().__init__(host, port, partial(Handler, api))

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        connection, address = super().get_request()
        if self._tls is not None:
            # The handshake happens at the first read, in the connection's own thread.
            connection = self._tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, address

    def handle_error(self, request: Connection, client_address: tuple[str, int]) -> None:
        # Not trusting the certificate is what some tests make a client do.
        if not isinstance(sys.exception(), ssl.SSLError):
            super().handle_error(request, client_address)


class Simulator:
    """A running simulator, as tests see it."""

    def __init__(self, server: _Server, api: ScriptedAPI, *, host: str, tls: bool) -> None:
        self.host = host
        self.port: int = server.server_address[1]
        self.url = f"{'https' if tls else 'http'}://{host}:{self.port}"
        self._api = api
        self._tls = tls

    @property
    def requests(self) -> tuple[Request, ...]:
        """All requests so far, in the order in which they arrived."""
        return self._api.requests

    def wait_for_request(self, path: str, *, nth: int = 1, seconds: float = 10) -> None:
        """Wait until the nth request of a path has arrived. Raises TimeoutError."""
        self._api.wait_for_request(path, nth=nth, seconds=seconds)

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
    api = ScriptedAPI(cluster, script or Script())
    context = certificates.server_context() if tls else None
    server = _Server(api, host=host, port=port, tls=context)
    with serving(server):
        yield Simulator(server, api, host=host, tls=tls)
