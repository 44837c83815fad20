"""What the collector is measured against: stock waitress, 64 threads, a handler that only decodes.

    python -m tools.bench.stock_server

prints its port, and stores nothing.
"""

import logging
import socket
from typing import TYPE_CHECKING, Final

from waitress.server import create_server

import report

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

THREADS: Final = 64
CONNECTION_LIMIT: Final = 2_000
BACKLOG: Final = 1_024


def decode_only(environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
    """Decode the report of a request, and answer."""
    report.decode(environ["wsgi.input"].read())
    # Not 204: waitress closes the connection after one.
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
    return [b"ok"]


def main() -> None:
    """Serve on a free port of the loopback address until killed."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it counts who waits
    with socket.create_server(("127.0.0.1", 0), backlog=BACKLOG) as listener:
        server = create_server(
            decode_only,
            sockets=[listener],
            threads=THREADS,
            connection_limit=CONNECTION_LIMIT,
            asyncore_use_poll=True,
        )
        print(listener.getsockname()[1], flush=True)
        server.run()


if __name__ == "__main__":
    main()
