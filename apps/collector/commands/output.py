"""Standard output, to which a command writes data."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from collector.errors import CommandFailed
from command_line.errors import discard_output


@contextmanager
def standard_output() -> Iterator[BinaryIO]:
    """Give standard output, and flush it. Raises `CommandFailed` where it cannot be written."""
    try:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    except OSError as error:
        discard_output()
        raise CommandFailed(f"standard output cannot be written: {error.strerror}") from error
