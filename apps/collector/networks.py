"""IP addresses, and the networks that an operator names."""

import ipaddress
from typing import TypeAlias

from command_line.errors import InvalidValue

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


def parse_networks(text: str) -> tuple[Network, ...]:
    """Return the networks in `text`, separated by commas: `10.0.0.0/8,fd00::1`.

    Raises `InvalidValue`.
    """
    try:
        return tuple(ipaddress.ip_network(each.strip()) for each in text.split(",") if each.strip())
    except ValueError as error:
        raise InvalidValue(f"must list networks: {error}") from error
