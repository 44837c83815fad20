"""A limit on how often one client may post.

Own code, because the libraries looked at (limits, pyrate-limiter, token-bucket) keep a bucket for
every client that ever came, or a timer thread to clear them: here memory is bounded, and an
address is never kept.
"""

import math
from collections.abc import Callable
from hashlib import blake2b
from typing import Final

from collector.errors import RateExceeded
from collector.networks import Address

_SECONDS_PER_MINUTE: Final = 60.0
_SECONDS_PER_DAY: Final = 86_400.0
_SALT_BYTES: Final = 32
_NAME_BYTES: Final = 16
_IPV6_NETWORK_BYTES: Final = 8  # /64: what a subscriber has, to take any number of addresses from


class RateLimit:
    """A token bucket for each client: so many posts at once, refilled within a minute.

    A client is known by a hash of its address under a salt that is random and lives for a day, and
    that only in memory. At the most clients the one that was quiet longest is forgotten, which
    gives it a full bucket.
    """

    def __init__(
        self,
        posts_per_minute: int,
        *,
        clock: Callable[[], float],
        random_bytes: Callable[[int], bytes],
        most_clients: int = 50_000,
    ) -> None:
        """`clock` gives seconds and is monotonic."""
        self._seconds_per_post: Final = _SECONDS_PER_MINUTE / posts_per_minute
        self._clock: Final = clock
        self._random_bytes: Final = random_bytes
        self._most_clients: Final = most_clients
        self._salt = random_bytes(_SALT_BYTES)
        self._salted_at = clock()
        # When each client's bucket is full again; those that posted last stand last.
        self._full_at: dict[bytes, float] = {}

    def take(self, client: Address) -> None:
        """Take a token for a post of `client`. Raises `RateExceeded` where there is none."""
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
