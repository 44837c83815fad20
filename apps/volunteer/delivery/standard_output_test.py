"""Data to a file descriptor."""

import os
from pathlib import Path

import pytest

from volunteer.delivery.rules import Delivered, Unavailable
from volunteer.delivery.standard_output import print_text, write
from volunteer.errors import NotWritten, ReaderGone


def test_all_of_it(tmp_path: Path) -> None:
    """All bytes are written, and nothing else."""
    path = tmp_path / "out"
    with path.open("wb") as stream:
        assert write(stream.fileno(), b"x" * 1_000_000) == Delivered()
    assert path.read_bytes() == b"x" * 1_000_000


def test_full_disk() -> None:
    """A full disk is not a delivery."""
    with Path("/dev/full").open("wb", buffering=0) as stream:
        outcome = write(stream.fileno(), b"x")
    assert outcome == Unavailable("standard output: No space left on device")


def test_closed_pipe() -> None:
    """A pipe that nobody reads leaves nobody to work for."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        with pytest.raises(ReaderGone):
            write(writing, b"x")
    finally:
        os.close(writing)


def test_text_for_a_full_disk() -> None:
    """Text that was asked for and cannot be written is an error, which says why."""
    with (
        Path("/dev/full").open("wb", buffering=0) as stream,
        pytest.raises(NotWritten, match=r"^standard output: No space left on device$"),
    ):
        print_text(stream.fileno(), "x")
