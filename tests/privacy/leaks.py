"""Looks for fragments of canaries in bytes: as they are, and behind the usual encodings."""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote_plus

from tests.privacy.canaries import HEX_FRAGMENT, TEXT_FRAGMENT, pieces

_HEX_RUN = re.compile(r"[0-9A-Fa-f]{20,}")
_BASE64_RUN = re.compile(r"[A-Za-z0-9+/_-]{12,}")
_URLSAFE = str.maketrans("-_", "+/")


def leaks(body: bytes, fragments: Iterable[str]) -> set[str]:
    """Return the fragments that `body`, a JSON document, holds in any letter case or encoding.

    `fragments` are in lower case, of the lengths that `canaries` gives. Encodings are JSON
    escapes, URL escapes, hex, and base64 at any offset, on top of each other once.
    """
    wanted = set(fragments)
    seen: set[str] = set()
    text = body.decode()
    for layer in (text, *_strings(json.loads(body)), unquote_plus(text)):
        for view in _views(layer):
            lowered = view.lower()
            for shown in (lowered, re.sub("[^0-9a-z]", "", lowered)):
                for length in (TEXT_FRAGMENT, HEX_FRAGMENT):
                    seen |= wanted & pieces(shown, length)
    return seen


def _strings(value: object) -> Iterator[str]:
    """Yield every string of a JSON value, names of fields too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for member in value:
            yield from _strings(member)
    elif isinstance(value, dict):
        for name, member in value.items():
            yield name
            yield from _strings(member)


def _views(text: str) -> Iterator[str]:
    """Yield `text`, and whatever parts of it say when they are taken for hex or base64."""
    yield text
    for run in _HEX_RUN.findall(text):
        for start in (0, 1):
            digits = run[start : start + (len(run) - start) // 2 * 2]
            yield bytes.fromhex(digits).decode("latin-1")
    for run in _BASE64_RUN.findall(text):
        for start in range(4):
            characters = run[start : start + (len(run) - start) // 4 * 4].translate(_URLSAFE)
            decoded = base64.b64decode(characters)
            yield decoded.decode("latin-1")
            yield decoded.hex()
