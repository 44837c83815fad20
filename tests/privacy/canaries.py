"""Canaries: texts that stand for what identifies somebody, made so that no other text holds them.

A text canary is 16 letters of g to z, in any case; a hexadecimal one is 32 hex digits, sometimes
written as a UUID. Both come from a seeded generator, and one that is part of a public word is
drawn again.
"""

import itertools
import string
from functools import cache
from importlib import resources
from random import Random

TEXT_CHARACTERS = 16
TEXT_FRAGMENT = 10
HEX_DIGITS = 32
HEX_FRAGMENT = 16

_LETTERS = "ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ"
_HEX = string.hexdigits[:16]


class Canaries:
    """Draws canaries and remembers their fragments, in lower case."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.fragments: set[str] = set()

    def draw(self) -> str:
        """Return a new canary of either kind, and remember what must not be seen of it."""
        return self.text() if self._random.random() < 0.7 else self.hexadecimal()

    def text(self) -> str:
        """Return 16 letters."""
        canary = "".join(self._random.choices(_LETTERS, k=TEXT_CHARACTERS))
        fragments = pieces(canary.lower(), TEXT_FRAGMENT)
        if not fragments.isdisjoint(_public_fragments()):
            return self.text()
        self.fragments |= fragments
        return canary

    def hexadecimal(self) -> str:
        """Return 32 hex digits, in groups as in a UUID or without."""
        digits = "".join(self._random.choices(_HEX, k=HEX_DIGITS))
        self.fragments |= pieces(digits, HEX_FRAGMENT)
        if self._random.random() < 0.5:
            return digits
        ends = (0, 8, 12, 16, 20, 32)
        return "-".join(digits[a:b] for a, b in itertools.pairwise(ends))


def pieces(text: str, length: int) -> set[str]:
    """Return every piece of `text` that has this length."""
    return {text[start : start + length] for start in range(len(text) - length + 1)}


@cache
def _public_fragments() -> set[str]:
    """Return the fragments of all vocabularies, in lower case."""
    files = resources.files("report.vocabulary").iterdir()
    return {
        fragment
        for file in files
        if file.name.endswith(".toml")
        for fragment in pieces(file.read_text(encoding="utf-8").lower(), TEXT_FRAGMENT)
    }
