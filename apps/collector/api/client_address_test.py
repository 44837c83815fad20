"""Behaviour of `collector.api.client_address`."""

import pytest

from collector.api.client_address import ClientAddresses, parse_networks
from collector.errors import InvalidTrustedProxies

PROXIES = parse_networks("10.0.0.0/8, fd00::/8")


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("192.0.2.7", None, "192.0.2.7"),
        ("192.0.2.7", "198.51.100.1", "192.0.2.7"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "203.0.113.9, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "198.51.100.1, unknown", "10.0.0.1"),
        ("10.0.0.1", "unknown, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("::ffff:10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
        ("fd00::1", "2001:db8::1", "2001:db8::1"),
        ("fe80::1%eth0", None, "fe80::1%eth0"),
    ],
)
def test_the_client_is_the_last_address_that_no_trusted_proxy_has(
    peer: str, forwarded_for: str | None, client: str
) -> None:
    """What a client made up stands before its own address and is not believed."""
    addresses = ClientAddresses(PROXIES, ignored_forwarding=lambda: None)
    assert str(addresses.client_of(peer, forwarded_for)) == client


def test_forwarding_by_a_stranger_is_told_once() -> None:
    """A peer that is no trusted proxy and sends X-Forwarded-For is told of one time."""
    told: list[str] = []
    addresses = ClientAddresses(PROXIES, ignored_forwarding=lambda: told.append("told"))
    addresses.client_of("10.0.0.1", "198.51.100.1")
    addresses.client_of("192.0.2.7", None)
    assert told == []
    for _ in range(3):
        addresses.client_of("192.0.2.7", "198.51.100.1")
    assert told == ["told"]


@pytest.mark.parametrize("text", ["10.0.0.0/33", "proxy.example.com", "10.0.0.1/8"])
def test_what_is_no_network_is_refused(text: str) -> None:
    """A name, a mask too long and a network with host bits are errors that say so."""
    with pytest.raises(InvalidTrustedProxies, match="--trusted-proxies must list networks"):
        parse_networks(text)
