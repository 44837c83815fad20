"""The file of `--ca-file`."""

import os
from pathlib import Path

import pytest

from command_line.errors import InvalidOption
from tools.simulator import certificates
from volunteer.reporting.start import check_ca_file


def test_ca_file(tmp_path: Path) -> None:
    """A CA file must be there and hold certificates."""
    good, bad = tmp_path / "good.pem", tmp_path / "bad.pem"
    good.write_text(certificates.authority_pem())
    bad.write_text("no certificate")
    check_ca_file(good)
    with pytest.raises(InvalidOption, match=r"bad\.pem must hold certificates in PEM form"):
        check_ca_file(bad)
    with pytest.raises(InvalidOption, match="none cannot be read: No such file"):
        check_ca_file(tmp_path / "none")


def test_ca_file_that_never_ends(tmp_path: Path) -> None:
    """A CA file that is a pipe, a device or a directory is refused, and not waited for."""
    os.mkfifo(tmp_path / "pipe")
    for file in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        with pytest.raises(InvalidOption, match="must be a regular file"):
            check_ca_file(file)
