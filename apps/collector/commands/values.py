"""From the text of a flag to its value, or one line that says the rule."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import typer

from collector.unix_socket import MOST_BYTES

_WHOLE: Final = re.compile(r"[0-9]{1,15}")
_DECIMAL: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
_UNIX: Final = "unix:"


def whole(least: int, most: int) -> Callable[[str | int], int]:
    """Return a parser of whole numbers, written in digits. It raises `typer.BadParameter`."""

    def parse(text: str | int) -> int:
        if _WHOLE.fullmatch(str(text)) and least <= int(text) <= most:
            return int(text)
        raise typer.BadParameter(f"must be a whole number from {least} to {most}, not {text!r}")

    return parse


def seconds(least: int, most: int) -> Callable[[str | float], float]:
    """Return a parser of seconds, written as `1` or `0.5`. It raises `typer.BadParameter`."""

    def parse(text: str | float) -> float:
        if _DECIMAL.fullmatch(str(text)) and least <= float(text) <= most:
            return float(text)
        raise typer.BadParameter(f"must be seconds from {least} to {most}, not {text!r}")

    return parse


def host(text: str) -> str:
    """Return an IP address or the name of a host, without brackets. Raises `typer.BadParameter`."""
    bare = text.strip().removeprefix("[").removesuffix("]")
    try:
        bare.encode("idna")
    except UnicodeError as error:
        raise typer.BadParameter(f"must be an IP address or a host's name, not {text!r}") from error
    return bare


def unix_socket(text: str) -> Path:
    """Return the path in `unix:PATH`. Raises `typer.BadParameter`."""
    path = text.removeprefix(_UNIX)
    if path == text or not path or path.endswith("/"):
        raise typer.BadParameter(
            f"must be unix:PATH, not {text!r}; --host and --port are for an address of IP"
        )
    absolute = Path(path).absolute()
    if len(os.fsencode(absolute)) > MOST_BYTES:
        raise typer.BadParameter(f"the path of a socket has {MOST_BYTES} bytes at most (unix(7))")
    return absolute
