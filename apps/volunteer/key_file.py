"""The secret that keys the pseudonyms of nodes."""

import re
from pathlib import Path
from typing import Final

from volunteer.errors import InvalidOption

_SECRET: Final = re.compile(rb"\s*([0-9A-Fa-f]{64})\s*")
_MAX_BYTES: Final = 1024
_RULE: Final = "must hold 64 hexadecimal digits, as `openssl rand -hex 32` prints them"


def read_key_file(path: Path) -> bytes:
    """Return the 32 bytes of the secret in `path`. Raises `InvalidOption`."""
    try:
        with path.open("rb") as stream:
            content = stream.read(_MAX_BYTES)
    except OSError as error:
        raise InvalidOption("--key-file", f"{path} cannot be read: {error.strerror}") from error
    secret = _SECRET.fullmatch(content)
    if secret is None:
        raise InvalidOption("--key-file", f"{path} {_RULE}")
    return bytes.fromhex(secret[1].decode("ascii"))
