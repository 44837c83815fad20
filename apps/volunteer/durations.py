"""Durations as Go writes them: `24h`, `1h30m`, `1.5s`, `0`.

Source of the grammar: Go's `time.ParseDuration`. The arithmetic is `durationpy`'s; the grammar is
checked here, because that library also takes days and years and skips over foreign characters.
"""

import re
from datetime import timedelta
from typing import Final

import durationpy

from command_line.errors import InvalidValue

_GRAMMAR: Final = re.compile(
    r"[+-]?(?:0|(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+)"
)
_LONGEST_SECONDS: Final = (2**63 - 1) / 1e9  # Go keeps nanoseconds in 64 bits
_LONGEST_TEXT: Final = 100
SHORTEST_SECONDS: Final = 1.0


def parse_duration(text: str) -> float:
    """Return seconds: 0, or at least `SHORTEST_SECONDS`.

    Raises `InvalidValue` for anything that is not a Go duration and for a negative one.
    """
    seconds = _seconds(text)
    is_zero = re.search("[1-9]", text) is None
    if text.startswith("-") and not is_zero:
        raise InvalidValue("must not be negative")
    if seconds < SHORTEST_SECONDS and not is_zero:
        raise InvalidValue("must be 0 or at least 1s")
    return seconds


def _seconds(text: str) -> float:
    if len(text) > _LONGEST_TEXT or _GRAMMAR.fullmatch(text) is None:
        raise InvalidValue("must be a Go duration such as 24h, 1h30m or 0")
    try:
        seconds = durationpy.from_str(text).total_seconds()
    except durationpy.DurationError as error:
        raise InvalidValue("must be a Go duration within its range") from error
    if abs(seconds) > _LONGEST_SECONDS:
        raise InvalidValue("must be a Go duration within its range")
    return seconds


def in_words(seconds: float) -> str:
    """Return a duration for people: `24h`, `1h30m`."""
    return str(durationpy.to_str(timedelta(seconds=seconds)))
