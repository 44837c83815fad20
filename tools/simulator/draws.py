"""Numbers, identifiers and choices that follow from a label alone, for generated clusters."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from math import exp
from statistics import NormalDist
from typing import TypeVar
from uuid import UUID

T = TypeVar("T")

_DRAW_BYTES = 32


class Draws:
    """An endless, repeatable sequence of draws.

    A hash rather than `random.Random`: the same label gives the same draws in every release of
    Python, and starting a new sequence costs next to nothing.
    """

    def __init__(self, *label: str | int) -> None:
        self._label = "/".join(map(str, label)).encode()
        self._drawn = 0

    def _next(self) -> bytes:
        self._drawn += 1
        counter = self._drawn.to_bytes(8, "big")
        return blake2b(self._label, digest_size=_DRAW_BYTES, salt=counter).digest()

    def number(self, below: int) -> int:
        """Return an integer from 0 up to, and not including, `below`."""
        return int.from_bytes(self._next(), "big") % below

    def choice(self, options: Sequence[T]) -> T:
        """Return one of `options`."""
        return options[self.number(len(options))]

    def weighted(self, shares: Mapping[T, int]) -> T:
        """Return one of the keys of `shares`, each as often as its value says."""
        place = self.number(sum(shares.values()))
        for option, share in shares.items():
            place -= share
            if place < 0:
                return option
        raise ValueError("no option has a share")

    def log_normal(self, median: float, spread: float) -> float:
        """Return a number whose logarithm is normal, with `spread` as its standard deviation."""
        place = (self.number(1 << 32) + 0.5) / (1 << 32)
        return median * exp(NormalDist(sigma=spread or 1e-9).inv_cdf(place))

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """Return the items in another order."""
        return sorted(items, key=lambda _: self._next())

    def hexadecimal(self, digits: int) -> str:
        """Return 1 to 64 lower-case hexadecimal digits."""
        return self._next().hex()[:digits]

    def uuid(self) -> str:
        """Return a UUID that claims to be a random one (RFC 9562, version 4)."""
        return str(UUID(bytes=self._next()[:16], version=4))
