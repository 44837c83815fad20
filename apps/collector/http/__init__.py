"""HTTP: what is accepted, from whom, and what is answered.

From bytes to a row of the spool, and back: `connection` accepts and reads, `request` parses,
`connections` says who is next, `dispatcher` calls `application`, which routes a post to `intake`,
and commits all of them at once; `response` becomes bytes. The order of these steps is in `server`,
in `_tick`.
"""

from dataclasses import dataclass
from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB
LARGE_BODY_BYTES: Final = 128 * KIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much clients may ask for.

    Memory held for them is at most
    `connection_limit * (max_header_bytes + large_body_bytes) + large_body_memory_bytes`.
    """

    connection_limit: int = 1000
    """Connections open at once. One more closes the one that has kept us waiting longest."""

    request_deadline_seconds: float = 30.0
    """From the first byte of a request to the last of its body, however steadily they come."""

    response_deadline_seconds: float = 30.0
    """How long a client may take to read a response that does not fit into its socket."""

    idle_seconds: float = 75.0
    """How long a connection may stay open with no request under way."""

    max_header_bytes: int = 32 * KIB
    """Request line and header fields together; more is answered 431."""

    max_body_bytes: int = 8 * MIB
    """A body as it is sent, before decompression; more is answered 413."""

    large_body_bytes: int = LARGE_BODY_BYTES
    """A longer body is large: it shares `large_body_memory_bytes`. A request that costs as much to
    answer as a longer body is answered when no other is ready, one a tick."""

    large_body_memory_bytes: int = 48 * MIB
    """What all large bodies may hold at once; the one that asks for more is answered 503."""
