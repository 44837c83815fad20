"""Which proxy a request takes, if any: one rule for both directions.

This machine, and names of the cluster that a pod is in, are reached without: a proxy is for what is
further away. The variables are those that curl and Go read; the grammar of `NO_PROXY` is that of
Go's `golang.org/x/net/http/httpproxy`: `*`, names with all below them, `.names` and `*.names` for
those below alone, addresses and networks, each but a network with a port where wanted. Blanks part
entries as commas do, which is curl's.
"""

import base64
import ipaddress
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote, urlsplit

from command_line.errors import InvalidOption
from volunteer.http.hosts import is_host, is_near, parse_address
from volunteer.redacted import Redacted

_NAMES: Final = ("http", "https", "all", "no")
DEFAULT_PORTS: Final = {"http": 80, "https": 443}
SOCKS: Final = frozenset({"socks5", "socks5h"})
_DEFAULT_PROXY_PORTS: Final = {**DEFAULT_PORTS, "socks5": 1080, "socks5h": 1080}
PROXY_RULE: Final = "must be the URL of an http, https or socks5 proxy"


class NoProxyUrl(ValueError):
    """A text is not the URL of a proxy."""


class Proxy(Redacted, frozen=True):
    """A proxy. `source` names the variable or field that it is from; its user is not shown."""

    scheme: str
    host: str
    port: int
    source: str
    user: str | None = None
    password: str = ""

    @property
    def url(self) -> str:
        """Its address, without user and password. A name that SOCKS is to reach is resolved by the
        proxy, as Go has it.
        """
        scheme = "socks5h" if self.scheme in SOCKS else self.scheme
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}:{self.port}"

    @property
    def headers(self) -> dict[str, str]:
        """What tells an http proxy who asks (RFC 7617, in UTF-8)."""
        if self.user is None:
            return {}
        pair = base64.b64encode(f"{self.user}:{self.password}".encode()).decode("ascii")
        return {"proxy-authorization": f"Basic {pair}"}


def proxies_of(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return what the variables say, `HTTPS_PROXY` by `https`; one in lower case, even a blank
    one, goes before.
    """
    values = {
        name: environment.get(f"{name}_proxy", environment.get(f"{name.upper()}_PROXY"))
        for name in _NAMES
    }
    return {name: value for name, value in values.items() if value and value.strip()}


def parse_proxy(text: str, source: str) -> Proxy:
    """Return the proxy at the URL `text`; without a scheme it speaks http.

    Raises `NoProxyUrl`, which does not quote it.
    """
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError as error:
        raise NoProxyUrl(PROXY_RULE) from error
    is_url = scheme in _DEFAULT_PROXY_PORTS and text.isprintable() and " " not in text
    if not is_url or not host or not is_host(parts.netloc.rpartition("@")[2]):
        raise NoProxyUrl(PROXY_RULE)
    user = None if parts.username is None else unquote(parts.username)
    port = port or _DEFAULT_PROXY_PORTS[scheme]
    return Proxy(scheme, host, port, source, user, unquote(parts.password or ""))


def choose_proxy(url: str, proxies: Mapping[str, str]) -> Proxy | None:
    """Return the proxy for `url`, or None where it is reached without.

    `proxies` maps `http`, `https`, `all` and `no` to the values of the variables. Raises
    `InvalidOption` for a variable that is needed and holds no proxy.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    name = parts.scheme if proxies.get(parts.scheme) else "all"
    text = proxies.get(name)
    if not text or is_near(host):
        return None
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    if any(_exempts(entry, host, port) for entry in re.split(r"[,\s]+", proxies.get("no", ""))):
        return None
    source = f"{name.upper()}_PROXY"
    try:
        return parse_proxy(text, source)
    except NoProxyUrl as error:
        raise InvalidOption(source, PROXY_RULE) from error


def _exempts(entry: str, host: str, port: int) -> bool:
    entry = entry.lower()
    if entry == "*":
        return True
    address = parse_address(host)
    if "/" in entry:
        return address is not None and _holds(entry, address)
    name, wanted_port = _split_port(entry)
    if wanted_port is not None and wanted_port != str(port):
        return False
    named = parse_address(name)
    if named is not None or address is not None:
        return named == address
    if name.startswith((".", "*.")):
        return host.endswith(name.removeprefix("*"))
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _split_port(entry: str) -> tuple[str, str | None]:
    """Split `host:port` and `[address]:port`; a bare IPv6 address has colons and no port."""
    if parse_address(entry) is not None:
        return entry, None
    name, separator, port = entry.rpartition(":")
    if not separator or entry.endswith("]"):
        return entry.strip("[]"), None
    return name.strip("[]"), port


def _holds(network: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    try:
        return address in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
