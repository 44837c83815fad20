"""Writes data to a file descriptor: all of it, or an error says so."""

import os

from volunteer.delivery.rules import Delivered, Unavailable
from volunteer.errors import NotWritten, ReaderGone


def write(descriptor: int, data: bytes) -> Delivered | Unavailable:
    """Write all of `data`. A full disk is `Unavailable`, never silence.

    Raises `ReaderGone` for a pipe that nobody reads any more.
    """
    rest = memoryview(data)
    try:
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except BrokenPipeError as error:
        raise ReaderGone("standard output: nobody reads it any more") from error
    except OSError as error:
        return Unavailable(f"standard output: {error.strerror}")
    return Delivered()


def print_text(descriptor: int, text: str) -> None:
    """Write text that the user asked for. Raises `NotWritten` and `ReaderGone`."""
    outcome = write(descriptor, text.encode("utf-8"))
    if isinstance(outcome, Unavailable):
        raise NotWritten(outcome.why)
