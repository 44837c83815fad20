"""The secret in a key file."""

import os
from pathlib import Path

import pytest

from command_line.errors import InvalidOption
from volunteer.reporting.key_file import can_be_read_again, read_key_file


@pytest.mark.parametrize("content", [b"0a" * 32, b"0A" * 32 + b"\n", b" " + b"0a" * 32 + b"\r\n"])
def test_accepted(tmp_path: Path, content: bytes) -> None:
    """64 hexadecimal digits, with space around them, are a secret of 32 bytes."""
    path = tmp_path / "key"
    path.write_bytes(content)
    assert read_key_file(path) == b"\x0a" * 32


@pytest.mark.parametrize("content", [b"", b"0a" * 31, b"0a" * 33, b"0g" * 32, b"\0" * 32])
def test_refused(tmp_path: Path, content: bytes) -> None:
    """Anything else is refused with a line that says how to make a key, and quotes none of it."""
    path = tmp_path / "key"
    path.write_bytes(content)
    with pytest.raises(InvalidOption) as refusal:
        read_key_file(path)
    assert str(refusal.value) == (
        f"--key-file: {path} must hold 64 hexadecimal digits, as `openssl rand -hex 32` prints them"
    )


def test_missing(tmp_path: Path) -> None:
    """A key file that is not there is named."""
    with pytest.raises(InvalidOption, match="none cannot be read: No such file"):
        read_key_file(tmp_path / "none")


def test_pipe(tmp_path: Path) -> None:
    """What is known to hold nothing when it is read again is told from a file."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("file")
    assert not can_be_read_again(tmp_path / "pipe")
    assert can_be_read_again(tmp_path / "link")
    assert can_be_read_again(tmp_path / "none")
