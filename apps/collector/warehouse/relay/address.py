"""The address of another collector. Loads no library, so that any process can check one."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from collector.errors import InvalidDatabaseAddress

_API_PATH: Final = "/api/v1"


@dataclass(frozen=True)
class CollectorAddress:
    """`http(s)://host[:port][/base]`. `url` is where reports are posted, the base path first."""

    url: str


def parse_collector(text: str) -> CollectorAddress:
    """Return the collector that `text` names. Raises `InvalidDatabaseAddress`."""
    # The text is not quoted in an error: it may hold a password.
    rule = "another collector is given as http://HOST[:PORT][/PATH] or https://…, without "
    if not text.isprintable() or " " in text:
        raise InvalidDatabaseAddress(rule + "spaces and control characters")
    try:
        parts = urlsplit(text)
        host = parts.hostname
        _ = parts.port  # reading it checks it
    except ValueError as error:
        raise InvalidDatabaseAddress(f"another collector is given as a URL: {error}") from error
    if parts.scheme not in {"http", "https"} or not host:
        raise InvalidDatabaseAddress(rule + "anything else before the host")
    if parts.username is not None or parts.query or parts.fragment:
        raise InvalidDatabaseAddress(rule + "a user, a query and a fragment")
    return CollectorAddress(f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}{_API_PATH}")
