"""Manifests as YAML files of a package, filled in: for a person to read, and for `kubectl apply`.

A file is YAML as it stands, so editors and validators can read it, and its comments are printed
with it. In it

    image: ${image}
    # include ${volumes}

the first stands for a value, and the second, alone on its line, for lines, perhaps none: they are
indented as the comment is. The text of a value is never searched for such places.
"""

import json
import re
from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Final

__all__ = ["fill", "items", "quoted", "read"]

_PLACE: Final = re.compile(
    r"^(?P<indent> *)# include \$\{(?P<lines>\w+)\}\n|\$\{(?P<value>\w+)\}", re.MULTILINE
)


def read(package: str, name: str) -> str:
    """Return a file of a package as it stands."""
    return resources.files(package).joinpath(name).read_text(encoding="utf-8")


def fill(template: str, values: Mapping[str, str]) -> str:
    """Return `template` with `values` in their places. Raises KeyError for one that is missing."""

    def text_of(place: re.Match[str]) -> str:
        if place["value"]:
            return values[place["value"]]
        lines = values[place["lines"]].splitlines()
        return "".join(f"{place['indent']}{line}\n" if line else "\n" for line in lines)

    return _PLACE.sub(text_of, template)


def quoted(text: str) -> str:
    """Return a string of YAML; a JSON string is one."""
    # As it is beyond ASCII: JSON escapes some characters in two halves, which YAML does not join.
    return json.dumps(text, ensure_ascii=False)


def items(texts: Iterable[str]) -> str:
    """Return a list of YAML, an item a line."""
    return "".join(f"- {quoted(text)}\n" for text in texts)
