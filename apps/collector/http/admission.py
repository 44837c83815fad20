"""Whether a client may post now."""

from collections.abc import Callable
from typing import Final, Protocol

from structlog.stdlib import BoundLogger

from collector.http.client_address import ClientAddresses, Forwarding
from collector.http.rate_limit import RateLimit
from collector.settings import Settings


class Admission(Protocol):
    """Decides about a post before it is read."""

    def __call__(self, peer: str, forwarding: Forwarding) -> None:
        """Admit a post from the address `peer`, or raise `RateExceeded`."""


def admit_all(peer: str, forwarding: Forwarding) -> None:
    """Admit everybody."""
    del peer, forwarding


class LimitedAdmission:
    """Admits each client as often as a limit allows."""

    def __init__(self, addresses: ClientAddresses, limit: RateLimit) -> None:
        self._addresses: Final = addresses
        self._limit: Final = limit

    def __call__(self, peer: str, forwarding: Forwarding) -> None:
        """Admit a post, or raise `RateExceeded`."""
        self._limit.take(self._addresses.client_of(peer, forwarding))


def make_admission(
    settings: Settings,
    *,
    clock: Callable[[], float],
    random_bytes: Callable[[int], bytes],
    log: BoundLogger,
) -> Admission:
    """Return the admission that the settings ask for. `clock` is monotonic."""
    if settings.posts_per_minute is None:
        return admit_all
    addresses = ClientAddresses(
        settings.trusted_networks,
        ignored_forwarding=lambda: log.warning(
            "X-Forwarded-For or Forwarded came from a peer that is not in --trusted-proxies,"
            " and is ignored:"
            " if that peer is a proxy, all its clients share one limit"
        ),
    )
    limit = RateLimit(settings.posts_per_minute, clock=clock, random_bytes=random_bytes)
    return LimitedAdmission(addresses, limit)
