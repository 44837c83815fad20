"""Whether a client may post now: a limit on how often, and who the client is behind proxies.

Own code, because the libraries considered (limits, pyrate-limiter, token-bucket) keep a bucket for
every client that ever came, or a timer thread to clear them: here memory is bounded, and an
address is never kept.
"""

import ipaddress
import math
import re
from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import Final, NamedTuple, TypeAlias

from structlog.stdlib import BoundLogger

from collector.errors import RateExceeded
from collector.values import Network

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_SECONDS_PER_MINUTE: Final = 60.0
_SECONDS_PER_DAY: Final = 86_400.0
_SALT_BYTES: Final = 32
_NAME_BYTES: Final = 16
_IPV6_NETWORK_BYTES: Final = 8  # /64: what a subscriber has, to take any number of addresses from
_MOST_HOPS: Final = 32
# Proxies that add the port write 192.0.2.1:4711 and [2001:db8::1]:443 (RFC 7239, 6, for both).
_BRACKETS_OR_PORT: Final = re.compile(r"\[(?P<v6>[^]]*)\](?::[^:]*)?|(?P<v4>[0-9.]+):[^:]*")
# forwarded-pair = token "=" value, value = token / quoted-string (RFC 7239, 4). The quotes are
# there for the colons; no address needs an escape.
_FOR: Final = re.compile(r'\s*for\s*=\s*(?:"([^"\\]*)"|([^",;\s]*))\s*', re.IGNORECASE)
_ELEMENT: Final = re.compile(r'(?:"[^"]*"|[^",]++)++')
_PAIR: Final = re.compile(r'(?:"[^"]*"|[^";]++)++')


class Forwarding(NamedTuple):
    """What a request says of where it comes from; None for a header that is not there."""

    x_forwarded_for: str | None = None
    forwarded: str | None = None


NOT_FORWARDED: Final = Forwarding()


class RateLimit:
    """A token bucket for each client: so many posts at once, refilled within a minute.

    A client is known by a hash of its address under a salt that is random and lives for a day, and
    that only in memory. At the most clients the one that was quiet longest is forgotten, which
    gives it a full bucket.
    """

    def __init__(
        self,
        posts_per_minute: int,
        trusted: Iterable[Network] = (),
        *,
        clock: Callable[[], float],
        random_bytes: Callable[[int], bytes],
        log: BoundLogger,
        most_clients: int = 50_000,
    ) -> None:
        """`trusted` are the networks of proxies; `clock` gives seconds and is monotonic."""
        self._addresses: Final = ClientAddresses(
            trusted,
            ignored_forwarding=lambda: log.warning(
                "X-Forwarded-For or Forwarded came from a peer that is not in --trusted-proxies,"
                " and is ignored:"
                " if that peer is a proxy, all its clients share one limit"
            ),
        )
        self._seconds_per_post: Final = _SECONDS_PER_MINUTE / posts_per_minute
        self._clock: Final = clock
        self._random_bytes: Final = random_bytes
        self._most_clients: Final = most_clients
        self._salt = random_bytes(_SALT_BYTES)
        self._salted_at = clock()
        # When each client's bucket is full again; those that posted last stand last.
        self._full_at: dict[bytes, float] = {}

    def admit(self, peer: str, forwarding: Forwarding = NOT_FORWARDED) -> None:
        """Take a token for a post that comes from `peer`. Raises `RateExceeded` without one."""
        client = self._addresses.client_of(peer, forwarding)
        now = self._clock()
        if now - self._salted_at >= _SECONDS_PER_DAY:
            self._salt, self._salted_at = self._random_bytes(_SALT_BYTES), now
            self._full_at.clear()
        name = self._name(client)
        was_full_at = max(now, self._full_at.pop(name, now))
        full_at = was_full_at + self._seconds_per_post
        wait = full_at - now - _SECONDS_PER_MINUTE
        # Sums of fractions: the last token of a bucket may seem a little less than one.
        is_empty = wait > self._seconds_per_post / 1_000
        self._full_at[name] = was_full_at if is_empty else full_at
        if len(self._full_at) > self._most_clients:
            del self._full_at[next(iter(self._full_at))]
        if is_empty:
            raise RateExceeded(math.ceil(wait))

    def __len__(self) -> int:
        """How many clients are remembered."""
        return len(self._full_at)

    def _name(self, client: Address) -> bytes:
        network = client.packed[:_IPV6_NETWORK_BYTES]  # all four bytes of an IPv4 address
        return blake2b(network, key=self._salt, digest_size=_NAME_BYTES).digest()


class ClientAddresses:
    """Finds the address of a client, believing proxies of certain networks and nobody else."""

    def __init__(
        self, trusted: Iterable[Network], *, ignored_forwarding: Callable[[], None]
    ) -> None:
        """`ignored_forwarding` is called once, when another peer says for whom it forwards."""
        self._trusted: Final = tuple(trusted)
        self._ignored_forwarding: Final = ignored_forwarding
        self._has_reported = False

    def client_of(self, peer: str, forwarding: Forwarding) -> Address:
        """Return the client of a connection from `peer` that says `forwarding`.

        Each proxy appends the address that it was called from, so the last one that is not a
        trusted proxy's is the client; what stands before it, the client may have made up. A proxy
        writes one of the two headers, and may pass on the other as the client made it up: where
        they disagree, neither is believed.
        """
        proxy = _parse(peer)
        if proxy is None:
            raise ValueError("a socket gives the address of its peer")
        if forwarding == NOT_FORWARDED:
            return proxy
        if not self._is_trusted(proxy):
            self._report_once()
            return proxy
        headers = []
        if forwarding.x_forwarded_for is not None:
            headers.append(_addresses(forwarding.x_forwarded_for))
        if forwarding.forwarded is not None:
            headers.append(_for_parameters(forwarding.forwarded))
        clients = {self._last_stranger(proxy, hops) for hops in headers}
        return clients.pop() if len(clients) == 1 else proxy

    def _last_stranger(self, proxy: Address, hops: list[str]) -> Address:
        client = proxy
        for hop in reversed(hops[-_MOST_HOPS:]):
            address = _parse(hop)
            if address is None:
                break
            client = address
            if not self._is_trusted(address):
                break
        return client

    def _is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)

    def _report_once(self) -> None:
        if not self._has_reported:
            self._has_reported = True
            self._ignored_forwarding()


def _addresses(header: str) -> list[str]:
    """Return the hops of an X-Forwarded-For."""
    return header.rsplit(",", _MOST_HOPS)


def _for_parameters(header: str) -> list[str]:
    """Return what each element of a Forwarded header says of `for`; empty where it says nothing."""
    return [_for_parameter(element) for element in _ELEMENT.findall(header)]


def _for_parameter(element: str) -> str:
    for pair in _PAIR.findall(element):
        found = _FOR.fullmatch(pair)
        if found is not None:
            return found[1] or found[2] or ""
    return ""


def _parse(text: str) -> Address | None:
    text = text.strip()
    found = _BRACKETS_OR_PORT.fullmatch(text)
    try:
        address = ipaddress.ip_address((found["v6"] or found["v4"] or "") if found else text)
    except ValueError:
        return None
    # A socket for both families shows IPv4 as ::ffff:192.0.2.1 (RFC 4291, 2.5.5.2).
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
