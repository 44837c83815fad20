"""The HTTP server: waitress's request parser in a loop of our own that commits once a tick.

Why a loop of our own: docs/decisions/0002-http-server.md.
"""

from collector.server.answer import Answer
from collector.server.episode import Episode
from collector.server.gateway import AWAITS_COMMIT
from collector.server.server import Server
from collector.server.settings import LARGE_BODY_BYTES, ServerSettings

__all__ = [
    "AWAITS_COMMIT",
    "LARGE_BODY_BYTES",
    "Answer",
    "Episode",
    "Server",
    "ServerSettings",
]
