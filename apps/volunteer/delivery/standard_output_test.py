"""Data to a file descriptor."""

import os
from pathlib import Path

from volunteer.delivery.rules import Delivered, Unavailable
from volunteer.delivery.standard_output import write


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
    """A pipe that nobody reads is not a delivery."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        assert write(writing, b"x") == Unavailable("standard output: Broken pipe")
    finally:
        os.close(writing)
