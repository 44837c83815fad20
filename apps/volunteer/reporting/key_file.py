"""The secret that keys the pseudonyms of nodes."""

import re
import stat
from pathlib import Path
from typing import Final

from command_line.errors import InvalidOption

_OPTION: Final = "--key-file"
_SECRET: Final = re.compile(rb"\s*([0-9A-Fa-f]{64})\s*")
_MAX_BYTES: Final = 1024
_RULE: Final = "must hold 64 hexadecimal digits, as `openssl rand -hex 32` prints them"


def read_key_file(path: Path) -> bytes:
    """Return the 32 bytes of the secret in `path`. Raises `InvalidOption`."""
    try:
        with path.open("rb") as stream:
            content = stream.read(_MAX_BYTES)
    except OSError as error:
        raise InvalidOption(_OPTION, f"{path} cannot be read: {error.strerror}") from error
    secret = _SECRET.fullmatch(content)
    if secret is None:
        raise InvalidOption(_OPTION, f"{path} {_RULE}")
    return bytes.fromhex(secret[1].decode("ascii"))


def is_open_to_others(path: Path) -> bool:
    """Whether others than owner and group of the file can read it."""
    try:
        return bool(path.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False


def can_be_read_again(path: Path) -> bool:
    """Whether the file holds the same when it is read a second time: a pipe does not."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return True
