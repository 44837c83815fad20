"""How long reports are kept."""

import re
from typing import Final

from collector.errors import InvalidRetention

_DAYS: Final = re.compile(r"([1-9][0-9]{0,4})d")


def parse_retention(text: str) -> int:
    """Return the days that `text` means, such as `400d`. Raises `InvalidRetention`."""
    days = _DAYS.fullmatch(text)
    if days is None:
        raise InvalidRetention(
            f"--retention must be a number of days from 1d to 99999d, not {text!r}"
        )
    return int(days[1])
