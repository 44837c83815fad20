"""The base image is pinned in WORKSPACE, and named nowhere else but where docker needs it."""

import re
from pathlib import Path

import pytest


@pytest.mark.parametrize("program", ["collector", "volunteer"])
def test_base_image(program: str) -> None:
    """Each Dockerfile is built on what WORKSPACE names, unless told otherwise."""
    pin = re.compile(r'container_base_image\(\s*reference = "(\S+)",\s*\)')
    default = re.compile(r"^ARG BASE_IMAGE=(\S+)$", re.MULTILINE)
    dockerfile = Path("apps", program, "Dockerfile").read_text()
    assert default.findall(dockerfile) == pin.findall(Path("WORKSPACE").read_text())
    assert default.findall(dockerfile)
