"""The built PEX files, started as a user starts them."""

import os
import subprocess
import zipfile
from pathlib import Path
from typing import Final

COLLECTOR: Final = Path("collector.pex").resolve()
VOLUNTEER: Final = Path("volunteer.pex").resolve()


def run(
    program: Path, *arguments: str | Path, timeout_seconds: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end and capture what it says."""
    return subprocess.run(
        [program, *arguments],
        env={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout_seconds,
    )


def distributions(pex: Path) -> set[str]:
    """Return the names of the distributions in a PEX file, normalised."""
    with zipfile.ZipFile(pex) as archive:
        wheels = {name.split("/")[1] for name in archive.namelist() if name.startswith(".deps/")}
    return {wheel.split("-")[0].lower().replace("_", "-") for wheel in wheels if wheel}
