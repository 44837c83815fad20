"""What a manifest that was printed before says, to be said again.

The file is one of ours, perhaps edited: it is read by its lines, without a reader of YAML.
"""

import re
from pathlib import Path
from typing import Final

from msgspec import Struct

from command_line.errors import InvalidOption
from volunteer.manifest.documents import DailyTime

_OPTION: Final = "--keep"
_MAX_BYTES: Final = 1024 * 1024
_KEY: Final = re.compile(r"^ *key: [\"']?([0-9A-Fa-f]{64})[\"']? *$", re.MULTILINE)
_SCHEDULE: Final = re.compile(
    r"^ *schedule: [\"']?([0-9]{1,2}) ([0-9]{1,2}) \* \* \*[\"']? *$", re.MULTILINE
)


class Kept(Struct, frozen=True):
    """None is to be drawn anew. `key` is 32 bytes."""

    key: bytes | None = None
    daily_time: DailyTime | None = None


def read_kept(file: Path) -> Kept:
    """Return the key of a manifest, and its schedule where it has one. Raises `InvalidOption`."""
    text = _read(file)
    keys = {key.lower() for key in _KEY.findall(text)}
    if len(keys) != 1:
        rule = "must hold the one Secret of a manifest that this program printed"
        raise InvalidOption(_OPTION, f"{file} {rule}")
    schedule = _SCHEDULE.search(text)
    daily_time = schedule and _daily_time(file, minute=int(schedule[1]), hour=int(schedule[2]))
    return Kept(bytes.fromhex(keys.pop()), daily_time)


def _daily_time(file: Path, *, minute: int, hour: int) -> DailyTime:
    daily_time = DailyTime(hour=hour, minute=minute)
    if not daily_time.is_valid:
        raise InvalidOption(_OPTION, f"{file}: the schedule names no time of a day")
    return daily_time


def _read(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            content = stream.read(_MAX_BYTES + 1)
    except OSError as error:
        raise InvalidOption(_OPTION, f"{file} cannot be read: {error.strerror}") from error
    if len(content) > _MAX_BYTES:
        raise InvalidOption(_OPTION, f"{file} must be at most {_MAX_BYTES} bytes")
    return content.decode("utf-8", "replace")
