"""The language of the data files, and its translation to a regular expression.

    Debian GNU/Linux {major}[.{minor}] ({codename})
    v1.{minor}.{patch}-gke.{build:7}

- `{name}` is a piece: one of `PIECES`, or a word of the list that the data file gives that name.
- `{build:5}` is a number of at most five digits, `{digits:5}` one of exactly five.
- `[…]` may be missing. It may hold pieces and further brackets.
- `<…>` must be there and is not sent: of `-{build:4}<+{commit}>`, the number in front of a commit.
- Everything else stands for itself, letter case included.

So a text can hold nothing but listed words, and numbers no longer than their place needs: that
makes it safe to send, and lets a reviewer read the data instead of expressions. Numbers can carry a
message too, so `tests/privacy/bits_test.py` counts how much every template lets through. Every
piece is bounded, so matching a text of bounded length takes bounded time.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final

# [0-9] and not \d, which takes every script's digits. A 0 in front would be a digit of anybody's
# choosing, so only `digits` allows one.
_NUMBER: Final = "(?:0|[1-9][0-9]{{0,{}}})"

# Days that are in the calendar, of the years 2010 to 2039: no release that matters is older.
_DAY: Final = (
    "(?:20[123][0-9](?:"
    "(?:0[13578]|1[02])(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)(?:0[1-9]|[12][0-9]|30)"
    "|02(?:0[1-9]|1[0-9]|2[0-8]))|20(?:1[26]|2[048]|3[26])0229)"
)

PIECES: Final[Mapping[str, str]] = {
    "major": _NUMBER.format(1),  # 0 to 99
    "minor": _NUMBER.format(1),  # 0 to 99
    "patch": _NUMBER.format(2),  # 0 to 999
    "date": _DAY,  # 20241031
    "minute": _DAY + "(?:[01][0-9]|2[0-3])[0-5][0-9]",  # 202410211619
    "commit": "[0-9a-f]{14}",  # as Kubernetes' own build abbreviates one; only inside `<…>`
}
"""The pieces that every data file may use, as expressions."""

_SIZED: Final = re.compile(r"(build|digits):([1-7])")
_MARKS: Final = re.compile(r"(\{[^}]*\}|[\[\]<>])")
_MARK_EXPRESSIONS: Final = {"[": "(?:", "]": ")?", "<": "(?P<unsent>", ">": ")"}


class Template:
    """One line of a data file. `words` are the lists that it may name as pieces.

    Raises KeyError for a piece that is neither in `words` nor in `PIECES`, and re.error for a
    bracket without its other half, both when it is first compared to a text.
    """

    def __init__(self, text: str, words: Mapping[str, Sequence[str]]) -> None:
        self._parts = tuple(part for part in _MARKS.split(text) if part)
        self._words = words
        self._needed = tuple(self._what_is_needed())
        self.beginnings: Final = self._first_characters()

    def may_match(self, text: str) -> bool:
        """Whether `text` holds the words that no text of this template, nor one that goes on after
        it, lacks. To compile an expression costs as much as hundreds of these: most never are.
        """
        for alternatives in self._needed:
            for word in alternatives:
                if word in text:
                    break
            else:
                return False
        return True

    def public_end(self, text: str, end: int) -> int | None:
        """Return where what may be sent of `text[:end]` ends, None if this template is of another
        text. That is `end`, unless the template has a part that is not sent.
        """
        found = self.expression.fullmatch(text, 0, end)
        if found is None:
            return None
        return found.start("unsent") if "unsent" in self.expression.groupindex else end

    @cached_property
    def expression(self) -> re.Pattern[str]:
        """All texts of this template; its group `unsent`, if it has one, is not sent."""
        return re.compile("".join(map(self._translated, self._parts)))

    def _translated(self, part: str) -> str:
        if part in _MARK_EXPRESSIONS:
            return _MARK_EXPRESSIONS[part]
        if not part.startswith("{"):
            return re.escape(part)
        name = part[1:-1]
        if name in self._words:
            return f"(?:{'|'.join(map(re.escape, self._words[name]))})"
        sized = _SIZED.fullmatch(name)
        if sized is None:
            return PIECES[name]
        digits = int(sized[2])
        return _NUMBER.format(digits - 1) if sized[1] == "build" else f"[0-9]{{{digits}}}"

    def _first_characters(self) -> frozenset[str] | None:
        """Return the characters that a text of this template begins with, None if that may be any:
        an empty word begins with none of its own.
        """
        first = self._parts[0]
        if first in _MARK_EXPRESSIONS or (first[0] == "{" and first[1:-1] not in self._words):
            return None
        characters = frozenset(word[:1] for word in self._needed[0])
        return None if "" in characters else characters

    def _what_is_needed(self) -> Iterator[Sequence[str]]:
        """Yield what may not be missing: words of which there has to be one."""
        optional = 0
        for part in self._parts:
            optional += (part == "[") - (part == "]")
            if optional or part in _MARK_EXPRESSIONS:
                continue
            if not part.startswith("{"):
                yield (part,)
            elif part[1:-1] in self._words:
                yield self._words[part[1:-1]]
