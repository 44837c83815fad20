"""What it takes to speak to one API server, whatever it was read from."""

import ssl
from collections.abc import Callable, Mapping
from typing import Final

from urllib3 import HTTPHeaderDict

from volunteer.http.failures import Failure
from volunteer.http.proxies import Proxy
from volunteer.redacted import Redacted


class Endpoint(Redacted, frozen=True, kw_only=True):
    """One API server, and who asks.

    `server` is its address, without credentials. `credentials` returns the headers that say who
    asks, and is asked before each request: files of tokens are rewritten. `renewal` says what to
    renew when it does not accept them, `advice` what to do about a failure, and `warnings` what its
    user should know.
    """

    server: str
    route: Callable[[str], Proxy | None]
    tls: Callable[[], ssl.SSLContext]
    server_name: str | None = None
    credentials: Callable[[], HTTPHeaderDict]
    renewal: str
    advice: Mapping[Failure, str]
    warnings: tuple[str, ...] = ()


BEARER_RULE: Final = "must hold a token: visible ASCII characters on one line"


def parse_token(text: str) -> str | None:
    """Return the token in `text`, without the white space around it, as client-go reads a token's
    file; None where no header could carry it.
    """
    token = text.strip()
    return token if token and all("!" <= character <= "~" for character in token) else None


def bearer(token: str) -> HTTPHeaderDict:
    """Return the header of a bearer token (RFC 6750, section 2.1)."""
    return HTTPHeaderDict({"Authorization": f"Bearer {token}"})
