"""The language of the data files, and its translation to a regular expression.

    Debian GNU/Linux {number} ({codename})
    Ubuntu {release}[ LTS]

- `{name}` is a piece: one of `PIECES`, or a word of the list that the data file gives that name.
- `[…]` may be missing. It may hold pieces and further brackets.
- Everything else stands for itself, letter case included.

So a text can hold nothing but listed words and bounded numbers: that makes it safe to send, and
lets a reviewer read the data instead of expressions. Every piece is bounded, so matching a text of
bounded length takes bounded time.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final

# [0-9] and not \d, which takes every script's digits. A number is short enough to identify nothing
# that is not counted anyway: 1043002 is a build of GKE, 150400 one of SUSE.
_NUMBER: Final = "[0-9]{1,7}"

PIECES: Final[Mapping[str, str]] = {
    "number": _NUMBER,
    "release": rf"{_NUMBER}(?:\.{_NUMBER}){{1,3}}",  # 2 to 4 numbers: 22.04, 10.0.20348.2762
    "version": rf"{_NUMBER}(?:\.{_NUMBER}){{0,7}}",  # 1 to 8 numbers: 2136.311.6.1
    "date": "20[0-9]{6}",  # 20241031
    "minute": "20[0-9]{10}",  # 202410211619
}
"""The pieces that every data file may use, as expressions."""

_MARKS: Final = re.compile(r"(\{[^}]*\}|[\[\]])")


class Template:
    """One line of a data file. `words` are the lists that it may name as pieces.

    Raises KeyError for a piece that is neither in `words` nor in `PIECES`, and re.error for a
    bracket without its other half, both when it is first compared to a text that may match.
    """

    def __init__(self, text: str, words: Mapping[str, Sequence[str]]) -> None:
        self._parts = tuple(part for part in _MARKS.split(text) if part)
        self._words = words
        self._needed = tuple(_needed(self._parts))

    def matches(self, text: str, end: int) -> bool:
        """Whether all of `text` before `end` is public by this template."""
        # To compile an expression costs as much as thousands of these: most are never needed.
        if not all(literal in text for literal in self._needed):
            return False
        return self._expression.fullmatch(text, 0, end) is not None

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        return re.compile("".join(map(self._translated, self._parts)))

    def _translated(self, part: str) -> str:
        if part == "[":
            return "(?:"
        if part == "]":
            return ")?"
        if not part.startswith("{"):
            return re.escape(part)
        name = part[1:-1]
        if name in self._words:
            return f"(?:{'|'.join(map(re.escape, self._words[name]))})"
        return PIECES[name]


def _needed(parts: Sequence[str]) -> Iterator[str]:
    """Yield what stands for itself and may not be missing."""
    depth = 0
    for part in parts:
        depth += (part == "[") - (part == "]")
        if depth == 0 and part != "]" and not part.startswith("{"):
            yield part
