"""Which client a request comes from, where proxies stand in front of the collector."""

import ipaddress
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeAlias

from collector.errors import InvalidTrustedProxies

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


def parse_networks(text: str) -> tuple[Network, ...]:
    """Return the networks in `text`, separated by commas: `10.0.0.0/8,fd00::1`.

    Raises `InvalidTrustedProxies`.
    """
    try:
        return tuple(ipaddress.ip_network(each.strip()) for each in text.split(",") if each.strip())
    except ValueError as error:
        raise InvalidTrustedProxies(f"--trusted-proxies must list networks: {error}") from error


class ClientAddresses:
    """Tells the address of a client, believing proxies of certain networks and nobody else."""

    def __init__(
        self, trusted: Iterable[Network], *, ignored_forwarding: Callable[[], None]
    ) -> None:
        """`ignored_forwarding` is called once, when another peer sends X-Forwarded-For."""
        self._trusted: Final = tuple(trusted)
        self._ignored_forwarding: Final = ignored_forwarding
        self._has_told = False

    def client_of(self, peer: str, forwarded_for: str | None) -> Address:
        """Return the client of a connection from `peer` with that X-Forwarded-For.

        Each proxy appends the address that it was called from, so the last one that is not a
        trusted proxy's is the client; what stands before it, the client may have made up.
        """
        client = _parse(peer)
        if client is None:
            raise ValueError("a socket gives the address of its peer")
        if forwarded_for is None:
            return client
        if not self._is_trusted(client):
            self._tell_once()
            return client
        for hop in _hops_backwards(forwarded_for):
            if hop is None:
                break
            client = hop
            if not self._is_trusted(hop):
                break
        return client

    def _is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)

    def _tell_once(self) -> None:
        if not self._has_told:
            self._has_told = True
            self._ignored_forwarding()


def _hops_backwards(forwarded_for: str) -> Iterator[Address | None]:
    for hop in reversed(forwarded_for.split(",")):
        yield _parse(hop.strip())


def _parse(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    # A socket for both families shows IPv4 as ::ffff:192.0.2.1 (RFC 4291, 2.5.5.2).
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
