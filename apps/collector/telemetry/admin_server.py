"""`/metrics`, on a port of its own: the library's small server, in threads of its own.

It answers while the loop that receives reports goes on, and is not for the public: whoever can
reach it can ask as often as they like.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, start_http_server

from collector.errors import CannotListen


@contextmanager
def serve_metrics(registry: CollectorRegistry, *, host: str, port: int) -> Iterator[int]:
    """Serve metrics for as long as the `with` block lasts; gives the port, which may be 0.

    Raises `CannotListen`.
    """
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        reason = error.strerror or str(error)
        raise CannotListen(f"cannot serve metrics on {host} port {port}: {reason}") from error
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
