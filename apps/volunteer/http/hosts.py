"""What a host is, and which are near: this machine, and services of the cluster of a pod."""

import ipaddress
import re
from typing import Final, TypeAlias

_CLUSTER_SUFFIXES: Final = (".svc", ".cluster.local", ".localhost")
_CLUSTER_NAMES: Final = ("kubernetes.default",)
# RFC 3986, section 3.2.2, of which names as resolvers take them (RFC 1035, section 2.3.4).
_LABEL: Final = "[A-Za-z0-9_-]{1,63}"
_HOST: Final = re.compile(
    rf"(?:\[(?P<address>[0-9A-Fa-f:.]+(?:%[A-Za-z0-9_.~-]+)?)\]|{_LABEL}(?:\.{_LABEL})*\.?)(?::[0-9]*)?"
)

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_host(netloc: str) -> bool:
    """Whether `netloc`, a URL's without its user, is a host's name or address, and perhaps a port.

    A name in another script is written `xn--…`.
    """
    found = _HOST.fullmatch(netloc)
    return found is not None and (not found["address"] or bool(parse_address(found["address"])))


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    address = parse_address(host)
    return address is not None and address.is_loopback


def is_near(host: str) -> bool:
    """Whether `host` is this machine or, by its name, a service of the same cluster."""
    if is_loopback(host):
        return True
    if parse_address(host) is not None:
        return False
    name = host.rstrip(".").lower()
    return "." not in name or name in _CLUSTER_NAMES or name.endswith(_CLUSTER_SUFFIXES)


def parse_address(host: str) -> Address | None:
    """Return the IP address that `host` is, without brackets; None where it is a name.

    An IPv4 address that is written as IPv6 is the IPv4 address, as for Go's `net.ParseIP`.
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
