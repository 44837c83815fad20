"""Templates of public texts: data that a reader can check without reading regular expressions.

A template is a text in which

- `{number}` stands for 1 to 8 ASCII digits, `{version}` for 1 to 4 such numbers joined by dots,
  `{build}` for up to 5 numbers of up to 12 digits joined by dots and dashes, `{commit}` for 7 to
  10 hex digits (of a vendor's release, the same for everybody who runs it),
- `{word}` for one of the words that the entry lists under that name,
- `[…]` encloses what may be missing,

and every other character stands for itself. A template matches whole texts only. Because numbers
are short and words are listed, no text of somebody's own making fits in one.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from typing import Final, TypeAlias

Words: TypeAlias = Mapping[str, Sequence[str]]

MAX_CHARACTERS: Final = 256
"""A longer text is nothing public; it is not even looked at."""

_NUMBER: Final = "[0-9]{1,8}"
_PIECES: Final = {
    "number": _NUMBER,
    "version": rf"{_NUMBER}(?:\.{_NUMBER}){{0,3}}",
    "build": r"[0-9]{1,12}(?:[.-][0-9]{1,12}){0,4}",
    "commit": "[0-9a-f]{7,10}",
}
_TOKEN: Final = re.compile(r"\{(?P<name>[a-z_]+)\}|(?P<optional>[\[\]])|(?P<text>[^\[\]{}]+)")


class Templates:
    """A set of templates, tried as one."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._pattern = re.compile("|".join(patterns), re.ASCII)

    def match(self, text: str) -> bool:
        """Whether one of the templates is the whole of `text`."""
        return len(text) <= MAX_CHARACTERS and self._pattern.fullmatch(text) is not None


def load(file: str) -> dict[str, Templates]:
    """Return the templates of a data file of this package, by section.

    Each section is a list of entries with `templates`, a `source`, and lists of words.
    """
    data = resources.files(__package__).joinpath(file).read_text(encoding="utf-8")
    return {
        section: Templates([pattern for entry in entries for pattern in _patterns(entry)])
        for section, entries in tomllib.loads(data).items()
    }


def _patterns(entry: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for template in entry["templates"]:
        yield "".join(_pieces(template, entry))


def _pieces(template: str, words: Words) -> Iterator[str]:
    position = 0
    while position < len(template):
        token = _TOKEN.match(template, position)
        if token is None:
            message = f"a template breaks off: {template!r}"
            raise ValueError(message)
        position = token.end()
        if token["name"]:
            yield _PIECES.get(token["name"]) or _alternatives(words[token["name"]])
        elif token["optional"]:
            yield "(?:" if token["optional"] == "[" else ")?"
        else:
            yield re.escape(token["text"])


def _alternatives(words: Sequence[str]) -> str:
    return f"(?:{'|'.join(re.escape(word) for word in words)})"
