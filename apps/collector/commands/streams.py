"""The streams that a command reads data from and writes data to."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from collector.errors import CommandFailed
from command_line.errors import discard_output


def standard_input() -> BinaryIO:
    """Return standard input. Raises `CommandFailed` where the program was started without one."""
    if sys.stdin is None:
        raise CommandFailed("standard input is closed")
    return sys.stdin.buffer


@contextmanager
def standard_output() -> Iterator[BinaryIO]:
    """Give standard output, and flush it. Raises `CommandFailed` where it cannot be written."""
    if sys.stdout is None:
        raise CommandFailed("standard output is closed")
    try:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    except OSError as error:
        discard_output()
        raise CommandFailed(f"standard output cannot be written: {error.strerror}") from error
