"""Data to a file descriptor, whole or not at all known to be written."""

import os

from volunteer.delivery.rules import Delivered, Unavailable


def write(descriptor: int, data: bytes) -> Delivered | Unavailable:
    """Write all of `data`. A closed pipe or a full disk is `Unavailable`, never silence."""
    rest = memoryview(data)
    try:
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except OSError as error:
        return Unavailable(f"standard output: {error.strerror}")
    return Delivered()
