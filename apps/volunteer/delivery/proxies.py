"""Which proxy a request takes, if any.

The variables are those that curl and Go read; the grammar of `NO_PROXY` is that of Go's
`golang.org/x/net/http/httpproxy`: `*`, names with all below them, `.names` for those below alone,
addresses and networks, each with a port where wanted.
"""

import ipaddress
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from volunteer.delivery.destinations import is_loopback
from volunteer.errors import InvalidOption

_DEFAULT_PORTS = {"http": 80, "https": 443}


def choose_proxy(url: str, proxies: Mapping[str, str]) -> str | None:
    """Return the URL of the proxy for `url`, or None; this machine itself is reached without.

    `proxies` maps `http`, `https`, `all` and `no` to the values of the variables. Raises
    `InvalidOption` for a proxy that speaks neither http nor https.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or is_loopback(host):
        return None
    port = parts.port or _DEFAULT_PORTS[parts.scheme]
    if any(_exempts(entry, host, port) for entry in proxies.get("no", "").split(",")):
        return None
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    if urlsplit(proxy).scheme not in _DEFAULT_PORTS:
        option = f"{parts.scheme.upper()}_PROXY"
        raise InvalidOption(option, "must be an http or https proxy")
    return proxy


def proxy_credentials(proxy: str) -> str | None:
    """Return `user:password` of a proxy's URL, decoded, or None where it has no user."""
    parts = urlsplit(proxy)
    if parts.username is None:
        return None
    return f"{unquote(parts.username)}:{unquote(parts.password or '')}"


def _exempts(entry: str, host: str, port: int) -> bool:
    entry = entry.strip().lower()
    if entry == "*":
        return True
    if _holds(entry, host):
        return True
    name, separator, wanted_port = entry.rpartition(":")
    if separator and wanted_port.isdecimal():
        if int(wanted_port) != port:
            return False
        entry = name.strip("[]")
    if entry.startswith((".", "*.")):
        return host.endswith(entry.removeprefix("*"))
    return bool(entry) and (host == entry or host.endswith(f".{entry}"))


def _holds(network: str, host: str) -> bool:
    """Whether `network` is an address or a network, and `host` an address in it."""
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
