"""Behaviour of `collector.http.rate_limit`: which client a post comes from."""

import pytest

from collector.http.rate_limit import ClientAddresses, Forwarding
from collector.values import networks

PROXIES = networks("10.0.0.0/8, fd00::/8")


def client_of(peer: str, x_forwarded_for: str | None = None, forwarded: str | None = None) -> str:
    addresses = ClientAddresses(PROXIES, ignored_forwarding=lambda: None)
    return str(addresses.client_of(peer, Forwarding(x_forwarded_for, forwarded)))


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
    assert client_of(peer, forwarded_for) == client


@pytest.mark.parametrize(
    ("hop", "client"),
    [
        ("203.0.113.7:51234", "203.0.113.7"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[::ffff:203.0.113.7]:1", "203.0.113.7"),
        ("203.0.113.7:_port", "203.0.113.7"),
        ("203.0.113.7:1:2", "10.0.0.1"),
        ("203.0.113:7", "10.0.0.1"),
        ("[203.0.113.7:7", "10.0.0.1"),
        ("[]:7", "10.0.0.1"),
        ("_hidden", "10.0.0.1"),
    ],
)
def test_a_port_behind_the_address_is_left_out(hop: str, client: str) -> None:
    """Proxies that add the port name the client as well, in either header."""
    assert client_of("10.0.0.1", hop) == client
    assert client_of("10.0.0.1", f"203.0.113.9:1, {hop}, 10.0.0.2:80") in {client, "10.0.0.2"}
    assert client_of("10.0.0.1", forwarded=f'for="{hop}"') == client


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("for=198.51.100.1", "198.51.100.1"),
        ('For="[2001:db8:cafe::17]:4711"', "2001:db8:cafe::17"),
        ("for=198.51.100.1;proto=http;by=203.0.113.43", "198.51.100.1"),
        ("proto=https; for=198.51.100.1 ;host=a", "198.51.100.1"),
        ('host="a,b;for=192.0.2.1";for=198.51.100.1', "198.51.100.1"),
        ("for=203.0.113.9, for=198.51.100.1", "198.51.100.1"),
        ("for=198.51.100.1, for=10.0.0.2", "198.51.100.1"),
        ('for="203.0.113.9, for=198.51.100.1', "198.51.100.1"),
        ('for="x, for="[2001:db8::1]"', "10.0.0.1"),
        ("for=unknown", "10.0.0.1"),
        ('for="_gazonk"', "10.0.0.1"),
        ("proto=https", "10.0.0.1"),
        ("for=198.51.100.1, proto=https", "10.0.0.1"),
        ("", "10.0.0.1"),
    ],
)
def test_the_client_is_read_from_forwarded(forwarded: str, client: str) -> None:
    """RFC 7239's header says the same in another grammar."""
    assert client_of("10.0.0.1", forwarded=forwarded) == client


@pytest.mark.parametrize(
    ("x_forwarded_for", "forwarded", "client"),
    [
        ("198.51.100.1", "for=198.51.100.1", "198.51.100.1"),
        ("198.51.100.1", "for=203.0.113.9", "10.0.0.1"),
        ("203.0.113.9", "for=198.51.100.1", "10.0.0.1"),
        ("198.51.100.1", "nonsense", "10.0.0.1"),
    ],
)
def test_headers_that_disagree_are_not_believed(
    x_forwarded_for: str, forwarded: str, client: str
) -> None:
    """A header that the proxy passes on as the client made it up gives nobody another's limit."""
    assert client_of("10.0.0.1", x_forwarded_for, forwarded) == client


def test_only_so_many_hops_are_read() -> None:
    """A header of thousands of addresses of proxies costs no more than one of thirty-two."""
    assert client_of("10.0.0.1", "192.0.2.1," + "10.0.0.2," * 3_000 + "10.0.0.3") == "10.0.0.2"


def test_forwarding_by_a_stranger_is_reported_once() -> None:
    """A peer that is not a trusted proxy and says for whom it forwards is reported one time."""
    reported: list[str] = []
    addresses = ClientAddresses(PROXIES, ignored_forwarding=lambda: reported.append("once"))
    addresses.client_of("10.0.0.1", Forwarding("198.51.100.1"))
    addresses.client_of("192.0.2.7", Forwarding())
    assert reported == []
    for header in (Forwarding("198.51.100.1"), Forwarding(forwarded="for=198.51.100.1")):
        addresses.client_of("192.0.2.7", header)
    assert reported == ["once"]
