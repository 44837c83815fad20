"""The built PEX files, started as a user starts them."""

import os
import subprocess
from pathlib import Path
from typing import Final

COLLECTOR: Final = Path("collector.pex").resolve()
VOLUNTEER: Final = Path("volunteer.pex").resolve()


def run(program: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a program to its end and capture what it says."""
    return subprocess.run(
        [program, *arguments],
        env={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
