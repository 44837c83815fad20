"""What an operator may set about the HTTP server."""

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB
LARGE_BODY_BYTES = 128 * KIB


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Where to listen and how much a client may ask for.

    Memory held for clients is at most
    `connection_limit * (max_header_bytes + large_body_bytes) + large_body_memory_bytes`.
    """

    host: str = "127.0.0.1"
    """The address to listen on; `0.0.0.0` or `::` for every one (`::` takes IPv4 as well)."""

    port: int = 8080
    """The TCP port; 0 lets the system choose, and `Server.address` tells which."""

    backlog: int = 1024
    """Connections that the system may hold for us until the next tick (listen(2))."""

    connection_limit: int = 1000
    """Connections open at once. One more closes the one that has kept us waiting longest."""

    request_deadline_seconds: float = 30.0
    """From the first byte of a request to the last of its body, however steadily it trickles."""

    answer_deadline_seconds: float = 30.0
    """How long a client may take to read an answer that does not fit into its socket."""

    idle_seconds: float = 75.0
    """How long a connection may stay open with no request under way."""

    max_header_bytes: int = 32 * KIB
    """Request line and header fields together; more is answered 431."""

    max_body_bytes: int = 8 * MIB
    """A body as it is sent, before any inflating; more is answered 413."""

    large_body_bytes: int = LARGE_BODY_BYTES
    """A longer body is large: it shares `large_body_memory_bytes`. One that costs as much to answer
    as a longer one is answered when its turn comes, one a tick."""

    large_body_memory_bytes: int = 48 * MIB
    """What all large bodies may hold at once; the one that asks for more is answered 503."""
