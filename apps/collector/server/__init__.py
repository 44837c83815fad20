"""The HTTP server: waitress's request parser in a loop of our own that commits once a tick.

Why a loop of our own: docs/decisions/0002-http-server.md.
"""

from collector.server.answer import Answer
from collector.server.gateway import AWAITS_COMMIT
from collector.server.server import Server
from collector.server.settings import ServerSettings

__all__ = ["AWAITS_COMMIT", "Answer", "Server", "ServerSettings"]
