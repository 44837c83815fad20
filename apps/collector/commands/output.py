"""Standard output, to which a command writes data."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from collector.errors import CommandFailed


@contextmanager
def standard_output() -> Iterator[BinaryIO]:
    """Give standard output, and flush it. Raises `CommandFailed` where it cannot be written."""
    try:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    except OSError as error:
        _discard_output()
        raise CommandFailed(f"standard output cannot be written: {error.strerror}") from error


def _discard_output() -> None:
    """Let the interpreter flush at its end what nobody reads: failing then has a status of its own.

    https://docs.python.org/3/library/signal.html#note-on-sigpipe
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
